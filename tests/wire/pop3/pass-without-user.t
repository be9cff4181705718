# PASS needs a USER
checks: B-6
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
C~ PASS {password}
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
