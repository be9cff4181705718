# UIDL has no end
checks: C08 C-28
ref: bounded against any peer
account: pipelining = off
exit: bad
stored: nothing
left: 1 2 3

serve until UIDL
C: UIDL
S: +OK
maybe
many 400000 7 x\r\n
close
