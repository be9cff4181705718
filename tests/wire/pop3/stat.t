# STAT counts messages and their octets
checks: B-11
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
