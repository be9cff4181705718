# Nothing is fetched twice because of a short listing once
checks: C11 item 4
ref: never prune because of one bad listing
first: good
server: uidl = ('short', 1)
exit: 0|75
stored: 1 2 3
left: 1 2 3
