# Numbers in UIDL: 2-64
checks: C08
ref: RFC 1939 section 7; CVE-2001-1009
server: replies = {'UIDL': b'+OK\r\n18446744073709551617 a\r\n1 b\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

