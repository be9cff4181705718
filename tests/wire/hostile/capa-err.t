# A server that knows no CAPA
checks: C-12
ref: RFC 2449 section 5
server: capa = False
exit: 0
stored: 1 2 3
left: 1 2 3

