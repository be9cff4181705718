# Numbers in UIDL: zeros
checks: C08
ref: RFC 1939 section 7; CVE-2001-1009
server: replies = {'UIDL': b'+OK\r\n01 a\r\n02 b\r\n003 c\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3
