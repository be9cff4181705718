# A timestamp from before TLS: whoever forged it does not see the answer
checks: C04 C07
ref: RFC 2595 section 4: no new greeting behind STLS
account: auth = APOP
tls: start
server: user = False
server: mechs = ()
server: capa_tls = ['UIDL']
exit: 77
fault: auth
stored: nothing

S: +OK <1.2@stranger.example> hello
serve until APOP
C~ APOP wren *
S: -ERR [AUTH] no
serve
