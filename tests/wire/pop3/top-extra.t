# TOP with a third number
checks: B-35 D-8
ref: RFC 1939 sections 3 and 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1 0 0
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
