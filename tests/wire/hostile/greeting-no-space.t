# +OKhello is no +OK
checks: C01
ref: RFC 1939 section 3: a status indicator and a keyword
exit: 0|76
left: 1 2 3

S: +OKhello
serve
