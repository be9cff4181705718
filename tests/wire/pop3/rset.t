# RSET takes all marks back
checks: B-22 D-11
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: DELE 2
S~ +OK*
C: DELE 3
S~ +OK*
C: RSET
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: RETR 2
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
