# The greeting: cut
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: lost not-pop
stored: nothing
secret: unsent

S| +OK hel
close
