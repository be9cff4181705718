# STAT leaves out marked messages and their octets
checks: B-20 D-3
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: DELE 2
S~ +OK*
C: STAT
S~ +OK 2 {size13}{...}
C: DELE 1
S~ +OK*
C: STAT
S~ +OK 1 {size3}{...}
C: RSET
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
