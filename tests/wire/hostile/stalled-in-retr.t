# A server that falls silent in a message
checks: C-5 C12
ref: P17
account: keep = no
account: pipelining = off
exit: bad
fault: timeout
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
mail 1 without end
stall
