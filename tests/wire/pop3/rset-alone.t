# RSET when nothing is marked
checks: B-22 D-11
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: RSET
S~ +OK*
C: RETR 1
S~ +OK*
S= mail 1
C: RSET
S~ +OK*
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: QUIT
S~ +OK*
S! closed
