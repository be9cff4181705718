# Numbers in LIST: tabs
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n1\t170\r\n 2 170\r\n3  170\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3
