# A connection that ends without QUIT removes nothing
checks: B-24 D-15
ref: RFC 1939 section 6
protocol: pop3

S~ +OK*
login
C: DELE 1
S~ +OK*
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
