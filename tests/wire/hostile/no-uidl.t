# No UIDL: messages are known by their headers
checks: C-9
ref: RFC 1939 section 7: optional
server: uidl = 'none'
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3
sessions: 2

