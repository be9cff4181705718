# One argument too many
checks: B-19 D-8
ref: RFC 1939 sections 3 and 5
protocol: pop3

S~ +OK*
login
C: RETR 1 2
S~ -ERR*
C: LIST 1 2
S~ -ERR*
C: DELE 1 2
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
