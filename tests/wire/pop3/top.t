# TOP n k gives so many lines of the body
checks: B-33 D-5
ref: RFC 1939 section 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1 1
S~ +OK*
S= mail 1 top 1
C: TOP 1 2
S~ +OK*
S= mail 1 top 2
C: TOP 2 2
S~ +OK*
S= mail 2 top 2
; body lines are counted, not lines of the header
C: TOP 3 1
S~ +OK*
S= mail 3 top 1
C: TOP 3 2
S~ +OK*
S= mail 3 top 2
C: QUIT
S~ +OK*
S! closed
