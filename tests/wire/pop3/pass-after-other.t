# PASS needs its USER immediately before it
checks: B-7
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
C: STAT
S~ -ERR*
C~ PASS {password}
S~ -ERR*
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
