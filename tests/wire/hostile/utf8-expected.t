# A server that had UTF8 is asked for it together with CAPA the next time
checks: C-13
ref: RFC 6856 section 2.1; a round trip less
server: capa = ['USER', 'UIDL', 'TOP', 'SASL PLAIN', 'UTF8 USER', 'PIPELINING']
only: the second visit of restante
exit: 0
runs: 2
stored: 1 2 3
left: 1 2 3
sessions: 2

serve until UTF8
C: UTF8
S: +OK
serve
connect
S: +OK ready
C: CAPA
C: UTF8
S: +OK
S: USER
S: UIDL
S: TOP
S: SASL PLAIN
S: UTF8 USER
S: PIPELINING
S: .
S: +OK
serve
