# UIDL has no end, and says one number again and again
checks: C08 C-28
ref: bounded against any peer
account: pipelining = off
exit: bad
fault: protocol
stored: nothing
left: 1 2 3

serve until UIDL
C: UIDL
S: +OK
maybe
many 20000000 7 x\r\n
C! closed
