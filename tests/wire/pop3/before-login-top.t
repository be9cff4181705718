# TOP and UIDL too
checks: B-4
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
C: TOP 1 0
S~ -ERR*
C: UIDL
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
