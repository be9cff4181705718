# A line of a message that never ends
checks: C12 C-28
ref: CVE-2013-1752
account: keep = no
account: pipelining = off
cost: high
exit: bad
stored: nothing
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK
S: Subject: x
S:
maybe
many 2000000 0123456789012345678901234567890123456789012345678901234567890123
close
