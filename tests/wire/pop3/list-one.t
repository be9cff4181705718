# LIST with the number of a message
checks: B-13 D-37
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST 2
S~ +OK 2 {size2}{...}
C: LIST 3
S~ +OK 3 {size3}{...}
C: LIST 1
S~ +OK 1 {size1}{...}
C: QUIT
S~ +OK*
S! closed
