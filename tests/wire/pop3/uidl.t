# Unique-ids: well-formed, all different, the same in each answer
checks: B-36
ref: RFC 1939 section 7
protocol: pop3

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
differ one two
differ two three
differ one three
C: UIDL 2
S~ +OK 2 {two}
C: UIDL 3
S~ +OK 3 {three}
C: QUIT
S~ +OK*
S! closed
