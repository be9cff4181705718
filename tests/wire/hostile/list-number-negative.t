# Numbers in LIST: negative
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n-1 100\r\n1 -5\r\n2 100\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

