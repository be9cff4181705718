# Every session has other UIDLs
checks: C11
ref: servers that were moved
first: good
server: uidl = 'changing'
exit: 0
stored: 1 2 3
left: 1 2 3
