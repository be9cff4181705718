# Half a message, then RST
checks: C-5 C12 C13
ref: RFC 1939 section 6; P17
account: keep = no
account: pipelining = off
exit: bad
fault: lost
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
mail 1 half
reset
