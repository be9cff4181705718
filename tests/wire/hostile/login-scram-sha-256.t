# SCRAM-SHA-256 is understood
checks: C-24
ref: RFC 5034
tls: implicit
server: mechs = ('SCRAM-SHA-256',)
server: user = False
server: empty = b'+'
met: AUTH SCRAM-SHA-256
exit: 0
stored: 1 2 3
left: 1 2 3

