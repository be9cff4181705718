# Commands of TRANSACTION are refused in AUTHORIZATION
checks: B-4
ref: RFC 1939 sections 3 and 5
protocol: pop3

S~ +OK*
C: STAT
S~ -ERR*
C: LIST
S~ -ERR*
connect 2
S~ +OK*
C: LIST 1
S~ -ERR*
C: RETR 1
S~ -ERR*
connect 3
S~ +OK*
C: DELE 1
S~ -ERR*
C: RSET
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
