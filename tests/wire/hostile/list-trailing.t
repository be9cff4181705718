# What stands behind a size in LIST is not looked at
checks: C-2
ref: RFC 1939 section 5 (LIST)
server: replies = {'LIST': b'+OK 3 messages\r\n1 100 octets\r\n2 100 (new) 7\r\n3 100 x\r\n.\r\n'}
exit: 0
stored: 1 2 3
left: 1 2 3

