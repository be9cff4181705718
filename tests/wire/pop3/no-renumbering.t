# Deleting does not renumber
checks: B-21 D-1
ref: RFC 1939 sections 4 and 5
protocol: pop3

S~ +OK*
login
C: DELE 1
S~ +OK*
C: LIST
S~ +OK*
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: LIST 3
S~ +OK 3 {size3}{...}
C: RETR 3
S~ +OK*
S= mail 3
C: DELE 3
S~ +OK*
C: LIST
S~ +OK*
S~ 2 {size2}{...}
S: .
C: DELE 2
S~ +OK*
C: LIST
S~ +OK*
S: .
C: STAT
S~ +OK 0 0{...}
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
