# Unknown capabilities, and lower case
checks: C-13
ref: RFC 2449 section 3
server: capa = ['user', 'x-foo  bar', 'Top', 'uidl', 'SASL', 'pipelining', 'expire never', 'X', 'implementation  y']
exit: 0
stored: 1 2 3
left: 1 2 3

