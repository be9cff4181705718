# Nothing is fetched twice because of UIDL fails once
checks: C11 item 4
ref: never prune because of one bad listing
first: good
server: uidl = 'err'
exit: 0|75
stored: 1 2 3
left: 1 2 3
