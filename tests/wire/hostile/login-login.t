# LOGIN is understood
checks: C-24
ref: RFC 5034
tls: implicit
server: mechs = ('LOGIN',)
server: user = False
server: empty = b'+'
met: AUTH LOGIN
exit: 0
stored: 1 2 3
left: 1 2 3

