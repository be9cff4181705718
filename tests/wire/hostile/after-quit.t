# More is said behind the answer to QUIT
checks: C-8 C13
ref: RFC 1939 section 6
server: replies = {'QUIT': b'+OK bye\r\n-ERR no, stay\r\n+OK\r\n'}
exit: 0
stored: 1 2 3
left: 1 2 3
