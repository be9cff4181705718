# Nothing is fetched twice because LIST was empty once
checks: C08 item 4
ref: never prune because of one bad listing
first: good
server: list = 'empty'
exit: 0|75
stored: 1 2 3
left: 1 2 3
