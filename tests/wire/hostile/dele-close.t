# The line is cut at DELE
checks: C13 C-7
ref: RFC 1939 section 6: nothing is deleted then
account: keep = no
account: pipelining = off
exit: bad
fault: lost
left: 1 2 3

serve until DELE
C~ DELE *
close
