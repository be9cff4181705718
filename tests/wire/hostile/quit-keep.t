# QUIT is acknowledged, and nothing was deleted
checks: C-8 C13 item 5
ref: RFC 1939 section 6
account: keep = no
server: quit = 'keep'
met: QUIT
exit: 0
stored: 1 2 3
left: 1 2 3
