# Half a message, then an end without close_notify
checks: C-5 C12 C13
ref: RFC 8446 section 6.1; P17
account: keep = no
account: pipelining = off
tls: implicit
exit: bad
fault: lost
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
mail 1 half
close
