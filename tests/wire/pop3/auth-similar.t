# Nor one whose name is similar
checks: A-3
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
C: AUTH PLAIN2
S~ -ERR*
C: AUTH PLAI
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
