# DELE takes the number of a message and nothing else
checks: D-8
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: DELE
S~ -ERR*
C: DELE 4
S~ -ERR*
C: DELE all
S~ -ERR*
C: DELE -1
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
