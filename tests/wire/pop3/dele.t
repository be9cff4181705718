# A marked message is gone from the list, the others keep their numbers
checks: B-20 D-1
ref: RFC 1939 sections 4 and 5
protocol: pop3

S~ +OK*
login
C: DELE 2
S~ +OK*
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 3 {size3}{...}
S: .
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
