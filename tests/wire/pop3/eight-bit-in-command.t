# Octets above 127 do not belong in a command
checks: B-44
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C~ \xff\xfe
S~ -ERR*
login
C~ ST\xc1T
S~ -ERR*
C~ LIST 2\xa0
S~ -ERR*
C~ LIST \xb2
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
