# A message that begins without +OK
checks: C12
ref: RFC 1939 section 5
account: keep = no
account: pipelining = off
exit: bad
fault: protocol
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
mail 1
close
