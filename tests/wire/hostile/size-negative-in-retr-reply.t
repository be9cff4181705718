# The +OK to RETR names a size below 0
checks: C10 C-6
ref: RFC 1939 section 5 (RETR)
account: pipelining = off
exit: 0
stored: 1 2 3
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK -1 octets
mail 1
serve
