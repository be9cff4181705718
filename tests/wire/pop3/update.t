# QUIT removes what is marked, and nothing else
checks: B-23 D-14
ref: RFC 1939 section 6
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 1
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 2 {size23}{...}
C: LIST
S~ +OK*
S~ 1 {size2}{...}
S~ 2 {size3}{...}
S: .
C: RETR 1
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
