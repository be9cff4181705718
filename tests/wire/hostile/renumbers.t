# DELE changes the numbers of the messages behind it
checks: C13 C-7
ref: Courier, in a development version
account: keep = no
server: renumber = True
met: DELE
exit: 0|75
stored: 1 2 3
