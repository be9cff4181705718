# Numbers in UIDL: 2-32
checks: C08
ref: RFC 1939 section 7; CVE-2001-1009
server: replies = {'UIDL': b'+OK\r\n4294967297 a\r\n2 b\r\n3 c\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3
