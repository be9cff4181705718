# CAPA never ends
checks: C-12 C-28
ref: bounded against any peer
exit: bad
stored: nothing
left: 1 2 3

serve until CAPA
C: CAPA
S: +OK
maybe
many 20000000 X-CAPABILITY\r\n
C! closed
