# A record that breaks off in a message
checks: C12 C-5
ref: P17
account: keep = no
account: pipelining = off
tls: implicit
exit: bad
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
mail 1 half
raw \x17\x03\x03\x01\0xxxxxxxx
close
