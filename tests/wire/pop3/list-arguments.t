# LIST with what is no number of a message
checks: B-13
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST 4
S~ -ERR*
C: LIST x
S~ -ERR*
C: LIST 2
S~ +OK 2 {size2}{...}
C: QUIT
S~ +OK*
S! closed
