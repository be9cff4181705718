# The same in delete mode: it stays
checks: C13
ref: RFC 1939 section 5
account: keep = no
server: poison = ('u0002',)
exit: 75
; restante asks for it again only after some time
again: no
fault: message
stored: 1 3
left: 2

