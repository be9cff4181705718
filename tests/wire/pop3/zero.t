# There is no message 0
checks: B-19 D-8
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: RETR 0
S~ -ERR*
C: LIST 0
S~ -ERR*
C: DELE 0
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
