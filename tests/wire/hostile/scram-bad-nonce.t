# A nonce that does not begin with ours
checks: C-22 C24
ref: RFC 5802 section 5.1
account: auth = SCRAM-SHA-256
tls: implicit
server: mechs = ('SCRAM-SHA-256',)
server: scram = 'bad-nonce'
exit: bad
stored: nothing

