# The password is not said to whom the name was refused
checks: C23 C-14
ref: RFC 1939 section 7 (USER)
server: mechs = ()
server: replies = {'USER': b'-ERR [SYS/PERM] no such user\r\n'}
account: pipelining = off
server: pipelining = False
met: USER
never: PASS
exit: bad
stored: nothing
left: 1 2 3
