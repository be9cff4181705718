# An empty message is no PLAIN message
checks: A-2 D-5
ref: RFC 4616, RFC 5034 section 4
protocol: pop3

S~ +OK*
C: AUTH PLAIN =
S~ -ERR*
C: AUTH PLAIN
S| +\s
C:
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
