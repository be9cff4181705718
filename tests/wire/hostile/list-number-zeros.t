# Numbers in LIST: zeros
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n01 170\r\n02 0170\r\n003 170\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3
