# A number with something at its end is none
checks: B-13 B-19
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST 2x
S~ -ERR*
C: RETR 1x
S~ -ERR*
C: DELE 1.
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
