# TOP wants two numbers
checks: B-35
ref: RFC 1939 section 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1 -1
S~ -ERR*
C: TOP 1 x
S~ -ERR*
C: TOP 1 0x
S~ -ERR*
C: TOP 1 0
S~ +OK*
S= mail 1 top 0
C: QUIT
S~ +OK*
S! closed
