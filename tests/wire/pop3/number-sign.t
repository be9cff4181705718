# A number with a sign is none
checks: B-13 B-19
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST -1
S~ -ERR*
C: LIST +2
S~ -ERR*
C: RETR -1
S~ -ERR*
C: RETR +1
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
