# LIST lies about sizes (huge): the messages are whole all the same
checks: C-6 C10
ref: RFC 1939 section 11: the size is informative
server: replies = {'LIST': b'+OK\r\n1 9223372036854775807\r\n2 9223372036854775808\r\n3 18446744073709551615\r\n.\r\n'}
exit: 0
stored: 1 2 3
left: 1 2 3

