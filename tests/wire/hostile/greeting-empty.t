# The greeting: empty
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: not-pop
stored: nothing
secret: unsent

S:
C! closed
