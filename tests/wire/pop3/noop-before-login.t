# NOOP too
checks: B-42
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
C: NOOP
S~ -ERR*
login
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
