# TOP never ends
checks: C12 C-28 C-9
ref: bounded against any peer
cost: high
account: pipelining = off
server: uidl = 'none'
exit: bad
stored: nothing
left: 1 2 3

serve until TOP
C~ TOP *
S: +OK
maybe
many 2000000 X-Filler: 012345678901234567890123456789012345678901234567890\r\n
close
