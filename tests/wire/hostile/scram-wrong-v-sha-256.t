# A server that does not know the password: wrong-v (SCRAM-SHA-256)
checks: C-22 C24
ref: RFC 5802 section 5
account: auth = SCRAM-SHA-256
tls: implicit
server: mechs = ('SCRAM-SHA-256',)
server: scram = 'wrong-v'
exit: 76
fault: server-fake
stored: nothing
left: 1 2 3

