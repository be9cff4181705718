# TOP of what is no message
checks: B-35
ref: RFC 1939 section 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 4 0
S~ -ERR*
C: TOP x 0
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
