# UIDLs that differ in their case alone
checks: C11 C-10
ref: RFC 1939 section 7: 0x21 to 0x7E
server: replies = {'UIDL': b'+OK\r\n1 abc\r\n2 ABC\r\n3 Abc\r\n.\r\n'}
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3
