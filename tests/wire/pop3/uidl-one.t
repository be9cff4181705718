# UIDL with the number of a message says the same
checks: B-36 D-37
ref: RFC 1939 section 7
protocol: pop3
needs: uidl

S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: UIDL 2
S~ +OK 2 {two}
C: UIDL 3
S~ +OK 3 {three}
C: QUIT
S~ +OK*
S! closed
