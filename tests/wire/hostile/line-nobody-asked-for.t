# A line that answers nothing, behind the listing
checks: C08 C-27
ref: answers are told from each other by their order alone
server: replies = {'UIDL': b'+OK\r\n1 u0001\r\n2 u0002\r\n3 u0003\r\n.\r\n+OK by the way\r\n'}
exit: 0|bad|75|76
left: 1 2 3
