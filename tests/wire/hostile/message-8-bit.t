# NUL, 8-bit, bare CR and bare LF are kept
checks: C-29 C12
ref: RFC 1939 section 11
mail: Subject: \xe9\0\r\n\r\na\0b\rc\nd\xff\r\n
mail: \0
mail: X: y\r\n\r\n\{9000*x}\r\n\{70000*y}
exit: 0
stored: 1 2 3
left: 1 2 3

