# A line of CAPA that never ends
checks: C-28
ref: CVE-2013-1752
exit: bad
stored: nothing
left: 1 2 3

serve until CAPA
C: CAPA
S: +OK
maybe
many 20000000 XXXXXXXXXXXXXX
C! closed
