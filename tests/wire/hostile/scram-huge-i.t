# 4294967295 iterations are refused
checks: C-23
ref: RFC 5802 section 9
account: auth = SCRAM-SHA-256
tls: implicit
server: mechs = ('SCRAM-SHA-256',)
server: scram = 'huge-i'
exit: bad
fault: protocol auth server-fake
stored: nothing

