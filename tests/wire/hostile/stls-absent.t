# TLS is required, and CAPA has no STLS
checks: C-17 C02
ref: RFC 2595 section 3; RFC 8314 section 5.2
tls: start
server: capa = ['USER', 'SASL PLAIN', 'UIDL', 'TOP']
exit: 76
fault: no-stls
stored: nothing
secret: unsent

