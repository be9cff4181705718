# The greeting: http
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: not-pop
stored: nothing
secret: unsent

S: HTTP/1.1 400 Bad Request
C! closed
