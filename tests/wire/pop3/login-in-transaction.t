# Commands of AUTHORIZATION are refused in TRANSACTION
checks: B-5
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
login
C~ USER {other}
S~ -ERR*
C~ PASS {other_password}
S~ -ERR*
C~ APOP {other} c4c9334bac560ecc979e58001b3e22fb
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
