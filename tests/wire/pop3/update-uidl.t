# What is left keeps its unique-ids
checks: B-23 B-37
ref: RFC 1939 sections 6 and 7
protocol: pop3
needs: uidl
changes: maildrop

S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: DELE 1
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {two}
S~ 2 {three}
S: .
C: QUIT
S~ +OK*
S! closed
