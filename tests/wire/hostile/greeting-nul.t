# The greeting: nul
checks: C01
ref: RFC 1939 section 4
exit: 0|76
left: 1 2 3

S~ +OK a\0b\x01
serve
