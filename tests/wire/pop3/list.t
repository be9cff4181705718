# LIST lists all messages
checks: B-12
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: QUIT
S~ +OK*
S! closed
