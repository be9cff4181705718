# A connection that ends within a list
checks: D-29
ref: RFC 1939 section 6; Dovecot before 2.2.5
protocol: pop3

S~ +OK*
login
C: LIST
S~ +OK*
drop
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
