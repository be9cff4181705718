# Numbers in LIST: 2-64
checks: C08 C09
ref: RFC 1939 section 5; CVE-2001-1009
server: replies = {'LIST': b'+OK\r\n18446744073709551617 1\r\n1 99999999999999999999999\r\n2 1\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

