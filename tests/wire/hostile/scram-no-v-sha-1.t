# A server that does not know the password: no-v (SCRAM-SHA-1)
checks: C-22 C24
ref: RFC 5802 section 5
account: auth = SCRAM-SHA-1
tls: implicit
server: mechs = ('SCRAM-SHA-1',)
server: scram = 'no-v'
exit: 76
fault: server-fake
stored: nothing
left: 1 2 3

