# UIDL has no end, and its numbers rise
checks: C08 C-28
ref: bounded against any peer
account: pipelining = off
cost: high
exit: bad
fault: protocol
left: 1 2 3

serve until UIDL
C: UIDL
S: +OK
maybe
rows 100000000 7
C! closed
