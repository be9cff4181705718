# QUIT deletes, and nobody says so
checks: C-8 C13 item 5
ref: RFC 1939 section 6
account: keep = no
server: quit = 'mute'
met: QUIT
exit: bad
stored: 1 2 3
left: 
