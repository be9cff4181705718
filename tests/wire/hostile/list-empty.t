# LIST is empty, UIDL is not
checks: C08 C10
ref: the one with more rows counts
server: list = 'empty'
exit: 0
stored: 1 2 3
left: 1 2 3
