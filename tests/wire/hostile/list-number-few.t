# Numbers in LIST: few
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n2 100\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

