# LIST is refused
checks: C08 C10
ref: RFC 1939 section 5
server: list = 'err'
exit: 0|75|76
left: 1 2 3
