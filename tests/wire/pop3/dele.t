# A marked message is gone from all lists and answers
checks: B-20 D-1
ref: RFC 1939 sections 5 and 7
protocol: pop3

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
C: LIST
S~ +OK*
S: 1 120
S: 3 451
S: .
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 3 {three}
S: .
C: STAT
S: +OK 2 571
C: RETR 2
S~ -ERR*
C: DELE 2
S~ -ERR*
C: UIDL 2
S~ -ERR*
C: TOP 2 0
S~ -ERR*
C: LIST 2
S~ -ERR*
C: STAT
S: +OK 2 571
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
