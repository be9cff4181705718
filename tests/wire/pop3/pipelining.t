# Six commands at once, six replies in order
checks: X-12
ref: RFC 2449 section 6.6
protocol: pop3
needs: pipelining
changes: maildrop

S~ +OK*
C~ USER {user}
C~ PASS {password}
C: STAT
C: RETR 1
C: DELE 1
C: QUIT
S~ +OK*
S~ +OK*
S~ +OK 3 {size123}{...}
S~ +OK*
S= mail 1
S~ +OK*
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 2 {size23}{...}
C: QUIT
S~ +OK*
S! closed
