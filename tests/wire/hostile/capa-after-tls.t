# What CAPA said before TLS is forgotten
checks: C-20 C04
ref: RFC 2595 section 4
tls: start
server: capa = ['SASL SCRAM-SHA-256 CRAM-MD5 PLAIN', 'STLS', 'UIDL', 'PIPELINING']
server: capa_tls = ['USER', 'UIDL']
exit: 77
fault: auth
stored: nothing

serve until AUTH|USER|APOP
C: USER wren
S: +OK
C~ PASS *
S: -ERR [AUTH] that is all
serve
