# A line with a dot between bare line feeds is no end
checks: C-4 C12
ref: RFC 1939 section 3: CRLF . CRLF
mail: Subject: x\r\n\r\na\n.\nb\r\n
mail: Subject: x\r\n\r\na\n.\r\nb\n
mail: Subject: x\r\n\r\na\r.\r\nb\r.\r
exit: 0
stored: 1 2 3
left: 1 2 3

