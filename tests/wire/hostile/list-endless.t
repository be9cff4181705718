# LIST has no end
checks: C08 C-28
ref: bounded against any peer
account: pipelining = off
exit: bad
fault: protocol lost
left: 1 2 3

serve until LIST
C: LIST
S: +OK
maybe
many 20000000 3 170 octets\r\n
C! closed
