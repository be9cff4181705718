# -ERR with more lines behind it
checks: C08 C13
ref: RFC 1939 section 3: -ERR is one line
server: replies = {'UIDL': b'-ERR no\r\nthere is none\r\n.\r\n'}
exit: bad
stored: nothing
left: 1 2 3
