# A blank in front of a keyword makes it none
checks: B-3
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
login
C:  STAT
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
