# No login at all is left behind TLS
checks: C-20 C04
ref: RFC 2595 section 4
account: auth = PLAIN
tls: start
server: capa = ['USER', 'SASL PLAIN', 'STLS', 'UIDL']
server: capa_tls = ['UIDL', 'SASL XTEST']
exit: 78
fault: no-mechanism
stored: nothing
secret: unsent

