# Nor is an empty line
checks: A-2
ref: RFC 4616, RFC 5034 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN
S| +\s
C:
S~ -ERR*
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
