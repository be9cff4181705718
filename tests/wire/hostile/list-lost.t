# The listing is cut
checks: C08 C12
ref: never prune because of one bad listing
account: pipelining = off
exit: 75
fault: lost
stored: nothing
left: 1 2 3

serve until UIDL
C: UIDL
S~ +OK\r\n1 u0001\r\n2 u00
close
