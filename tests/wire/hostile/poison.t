# RETR of one message is refused: the others arrive
checks: C13
ref: facts: mpop stays there for ever
server: poison = ('u0002',)
exit: 75
; restante asks for it again only after some time
again: no
fault: message
stored: 1 3
left: 1 2 3

