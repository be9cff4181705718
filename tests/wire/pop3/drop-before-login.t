# A connection that ends before login, at each stage
checks: D-15
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
drop
connect
S~ +OK*
C~ USER {user}
S~ +OK*
drop
connect
S~ +OK*
C| USER wr
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
