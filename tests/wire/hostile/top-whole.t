# TOP gives the whole message
checks: C-9
ref: Stalwart
server: uidl = 'none'
server: top = 'whole'
met: TOP
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3
