# -ERR to QUIT when nothing was to be deleted
checks: C-8 C13
ref: RFC 1939 section 6
server: quit = 'err'
runs: 2
exit: 0|75
stored: 1 2 3
left: 1 2 3

