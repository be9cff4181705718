# Lists and refusals between them
checks: X-12
ref: RFC 2449 section 6.6
protocol: pop3
needs: pipelining top uidl

S~ +OK*
C~ USER {user}
C~ PASS {password}
C: LIST
C: UIDL
C: TOP 2 0
C: RETR 9
C: RETR 3
C: NOOP
C: QUIT
repeat 2 S~ +OK*
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
S~ +OK*
S= uidl
S~ +OK*
S= mail 2 top 0
S~ -ERR*
S~ +OK*
S= mail 3
repeat 2 S~ +OK*
S! closed
