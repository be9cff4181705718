# What was deleted is still listed and served
checks: C13
ref: Stalwart, Mailpit
account: keep = no
server: ghosts = True
met: DELE
exit: 0
stored: 1 2 3
left: 
