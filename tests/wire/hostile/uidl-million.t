# A maildrop of a million messages, and then the line is cut
checks: C08 C22 item 7
ref: bounded memory
account: max_messages = 3
cost: high
server: uidl = ('many', 1000000)
server: list = ('many', 1000000)
server: replies = {'STAT': b'+OK 1000000 170000000\r\n'}
again: no
exit: 0|75|76
left: 1 2 3

maybe
serve until RETR 4
close
