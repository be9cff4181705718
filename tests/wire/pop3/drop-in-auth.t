# A connection that ends within an exchange
checks: D-15
ref: RFC 5034 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN
S| +\s
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
