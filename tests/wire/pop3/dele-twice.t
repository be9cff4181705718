# A marked message cannot be marked again
checks: B-20 D-2
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: DELE 2
S~ +OK*
C: DELE 2
S~ -ERR*
C: STAT
S~ +OK 2 {size13}{...}
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
