# The greeting: stall
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: timeout
stored: nothing
secret: unsent

stall
