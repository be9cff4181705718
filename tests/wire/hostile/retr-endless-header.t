# A header that never ends
checks: C12 C18 C-28
ref: CVE-2002-1365; bounded memory
account: keep = no
account: pipelining = off
cost: high
exit: bad
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
maybe
many 2000000 X-Filler: 012345678901234567890123456789012345678901234567890\r\n
close
