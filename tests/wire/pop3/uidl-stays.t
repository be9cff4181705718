# A unique-id survives sessions, also those that were aborted
checks: B-37
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
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: RETR 1
S~ +OK*
S= mail 1
C: DELE 2
S~ +OK*
drop
connect
S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
C: QUIT
S~ +OK*
S! closed
