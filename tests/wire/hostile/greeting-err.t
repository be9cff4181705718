# The greeting: err
checks: C-33 C01
ref: RFC 1939 section 4
exit: bad
fault: refused
stored: nothing
secret: unsent

S: -ERR go away
C! closed
