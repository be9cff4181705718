# Half a QUIT is no QUIT
checks: B-24 D-15
ref: RFC 1939 section 6
protocol: pop3

S~ +OK*
login
C: DELE 1
S~ +OK*
C| QUIT
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: DELE 1
S~ +OK*
C| QUIT\r
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
