# -ERR to QUIT: what was to be deleted may still be there
checks: C-8 C13
ref: RFC 1939 section 6
account: keep = no
server: quit = 'err'
exit: 75
fault: quit
stored: 1 2 3
left: 1 2 3

