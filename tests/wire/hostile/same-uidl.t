# One UIDL for all messages: each is fetched, once
checks: C-10 C11
ref: RFC 1939 section 7; P18
server: uidl = 'same'
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3

