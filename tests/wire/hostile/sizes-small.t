# LIST lies about sizes (small): the messages are whole all the same
checks: C-6 C10
ref: RFC 1939 section 11: the size is informative
server: replies = {'LIST': b'+OK\r\n1 1\r\n2 0\r\n3 2\r\n.\r\n'}
exit: 0
stored: 1 2 3
left: 1 2 3

