# TOP n 0 gives the header and the empty line
checks: B-32 D-4
ref: RFC 1939 section 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1 0
S~ +OK*
S= mail 1 top 0
C: TOP 2 0
S~ +OK*
S= mail 2 top 0
C: TOP 3 0
S~ +OK*
S= mail 3 top 0
C: QUIT
S~ +OK*
S! closed
