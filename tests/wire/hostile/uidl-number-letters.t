# Numbers in UIDL: letters
checks: C08
ref: RFC 1939 section 7; CVE-2001-1009
server: replies = {'UIDL': b'+OK\r\nx a\r\n1 b\r\n.\r\n'}
exit: 0|75|76
left: 1 2 3

