# QUIT is never answered
checks: C-8 C13 item 5
ref: RFC 1939 section 6
account: keep = no
account: timeout = 2s
server: quit = 'stall'
met: QUIT
exit: bad
fault: timeout quit
stored: 1 2 3
left: 1 2 3
