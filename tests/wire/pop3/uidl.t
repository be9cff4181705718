# Unique-ids are well-formed, and the same each time
checks: B-36 D-43
ref: RFC 1939 section 7
protocol: pop3
needs: uidl

S~ +OK*
login
C: UIDL
S~ +OK*
S= uidl
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: QUIT
S~ +OK*
S! closed
