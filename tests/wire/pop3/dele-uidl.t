# A marked message is gone from UIDL, the others keep their numbers
checks: B-20 B-21 D-1
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
C: DELE 2
S~ +OK*
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 3 {three}
S: .
C: UIDL 3
S~ +OK 3 {three}
C: RSET
S~ +OK*
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: QUIT
S~ +OK*
S! closed
