# An empty maildrop once, and then it is back
checks: C08 item 4
ref: never prune because of one bad listing
first: good
server: uidl = 'empty'
server: list = 'empty'
server: replies = {'STAT': b'+OK 0 0\r\n'}
exit: 0|75
stored: 1 2 3
left: 1 2 3
