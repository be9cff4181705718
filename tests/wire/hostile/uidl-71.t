# UIDLs of 71 octets that differ in the last
checks: C-11 C11
ref: RFC 1939 section 7: 70
server: replies = {'UIDL': b'+OK\r\n1 uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuua\r\n2 uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuub\r\n3 uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuc\r\n.\r\n'}
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3
