# A mechanism that nobody knows
checks: A-3
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
C: AUTH FOO
S~ -ERR*
C: AUTH FOO AAAA
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
