# Numbers in LIST: 2-32
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n4294967297 1\r\n2 4294967296\r\n3 170\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3
