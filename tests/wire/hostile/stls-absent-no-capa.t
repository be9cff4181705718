# TLS is required, and there is no CAPA at all
checks: C-17 C02
ref: RFC 2595 section 3
tls: start
server: capa = False
server: stls = 'err'
exit: 76
fault: no-stls
stored: nothing
secret: unsent

