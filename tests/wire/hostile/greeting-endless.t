# The greeting: endless
checks: C-28 C01
ref: RFC 1939 section 4
exit: bad
fault: not-pop protocol
stored: nothing
secret: unsent

maybe
many 1000000 +OK
C! closed
