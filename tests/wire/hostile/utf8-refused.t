# UTF8 is offered and refused: the messages come all the same
checks: C-13
ref: RFC 6856 section 2.1
server: capa = ['USER', 'UIDL', 'TOP', 'SASL PLAIN', 'UTF8', 'PIPELINING']
exit: 0
stored: 1 2 3
left: 1 2 3

serve until UTF8
C: UTF8
S: -ERR not today
serve
