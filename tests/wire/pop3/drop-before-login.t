# A connection that ends before login, at each stage
checks: D-6
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
drop
connect
S~ +OK*
C: USER wren
S~ +OK*
drop
connect
S~ +OK*
C: AUTH PLAIN
S| +\s
drop
connect
S~ +OK*
C| USER wr
drop
connect
S~ +OK*
login
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
