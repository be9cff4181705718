# A star ends the exchange
checks: A-5
ref: RFC 5034 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN
S| +\s
C: *
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
