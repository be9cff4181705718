# Cut between the final dot and its CRLF
checks: C-5 C12
ref: RFC 1939 section 3
account: keep = no
account: pipelining = off
exit: bad
fault: lost
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
mail 1 without end
S| .
close
