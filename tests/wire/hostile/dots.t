# Dots at the beginning of a line are unstuffed once
checks: C-3 C12
ref: RFC 1939 section 3
mail: Subject: x\r\n\r\n.\r\n..\r\n...\r\n.x\r\n..x\r\n
mail: .Subject: x\r\n\r\n..
mail: \r\n.\r\n.\r\n
exit: 0
stored: 1 2 3
left: 1 2 3

