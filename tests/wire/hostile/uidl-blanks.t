# UIDLs with blanks and 8-bit octets
checks: C11 C-11
ref: KB Q187678
server: replies = {'UIDL': b'+OK\r\n1 a b\r\n2 a c\r\n3 \xe9\r\n.\r\n'}
runs: 2
exit: 0|75|76
left: 1 2 3
