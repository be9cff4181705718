# QUIT removes what is marked, and nothing else
checks: B-23
ref: RFC 1939 section 6
protocol: pop3
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
C: STAT
S: +OK 2 651
C: LIST
S~ +OK*
S: 1 200
S: 2 451
S: .
C: UIDL
S~ +OK*
S~ 1 {two}
S~ 2 {three}
S: .
C: RETR 1
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
