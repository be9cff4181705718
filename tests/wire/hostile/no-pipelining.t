# One command at a time when PIPELINING is not announced
checks: C-27 C-12
ref: RFC 2449 section 6.6
server: pipelining = False
server: hangup = True
mail: 12
exit: 0
stored: 1 2 3 4 5 6 7 8 9 10 11 12
sessions: 1

