# A server that does not know the password: early-ok (SCRAM-SHA-1)
checks: C-22 C24
ref: RFC 5802 section 5
account: auth = SCRAM-SHA-1
tls: implicit
server: mechs = ('SCRAM-SHA-1',)
server: scram = 'early-ok'
exit: 76
fault: server-fake
stored: nothing
left: 1 2 3

