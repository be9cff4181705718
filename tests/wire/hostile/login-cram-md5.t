# CRAM-MD5 is understood
checks: C-24
ref: RFC 5034
tls: implicit
server: mechs = ('CRAM-MD5',)
server: user = False
server: empty = b'+'
met: AUTH CRAM-MD5
exit: 0
stored: 1 2 3
left: 1 2 3

