# A UIDL of a million octets
checks: C-11 C11 C-28
ref: RFC 1939 section 7
account: pipelining = off
exit: bad
stored: nothing
left: 1 2 3

serve until UIDL
C: UIDL
S: +OK
S| 1\s
maybe
many 1000000 u
S: 
S: .
close
