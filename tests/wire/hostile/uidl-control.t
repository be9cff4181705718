# UIDLs with control characters, NUL and CR in them, and none at all
checks: C-11 C11
ref: RFC 1939 section 7
server: replies = {'UIDL': b'+OK\r\n1 a\x01b\r\n2 a\0b\r\n3 \r\n.\r\n'}
runs: 2
exit: 0|76
left: 1 2 3

