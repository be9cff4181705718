# The session ends with QUIT, and its answer is awaited
checks: C-8
ref: RFC 1939 section 6
exit: 0
stored: 1 2 3

serve until QUIT
C: QUIT
S: +OK
C! closed
