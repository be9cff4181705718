# QUIT in AUTHORIZATION only closes
checks: B-28
ref: RFC 1939 sections 4 and 6
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
