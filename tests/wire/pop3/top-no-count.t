# TOP without a count of lines
checks: B-35 D-6
ref: RFC 1939 section 7; a crash of Cyrus
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1
S~ -ERR*
C: TOP
S~ -ERR*
C: TOP 1 0
S~ +OK*
S= mail 1 top 0
C: QUIT
S~ +OK*
S! closed
