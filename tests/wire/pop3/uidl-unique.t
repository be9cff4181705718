# Unique-ids of different messages are different
checks: B-36
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
differ one two
differ two three
differ one three
C: QUIT
S~ +OK*
S! closed
