# The greeting: nothing
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: lost
stored: nothing
secret: unsent

close
