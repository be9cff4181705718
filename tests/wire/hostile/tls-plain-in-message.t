# Plain text between the records of a message
checks: C12 C-5
ref: RFC 8446 section 5.2: unauthenticated octets end the connection
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
raw injected\r\n.\r\n
close
