# LIST lies about sizes (large): the messages are whole all the same
checks: C-6 C10
ref: RFC 1939 section 11: the size is informative
server: replies = {'LIST': b'+OK\r\n1 999999\r\n2 100000\r\n3 50000\r\n.\r\n'}
exit: 0
stored: 1 2 3
left: 1 2 3

