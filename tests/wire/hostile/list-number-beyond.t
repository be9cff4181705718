# Numbers in LIST: beyond
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n1 100\r\n2 100\r\n3 100\r\n4 100\r\n99 1\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

