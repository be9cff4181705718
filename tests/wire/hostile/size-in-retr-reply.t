# The +OK to RETR names a size that no message has
checks: C10 C-6
ref: RFC 1939 section 5 (RETR); CVE-2001-1009
account: pipelining = off
exit: 0
stored: 1 2 3
left: 1 2 3

serve until RETR
C: RETR 1
S: +OK 18446744073709551616 octets
mail 1
serve
