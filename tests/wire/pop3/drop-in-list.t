# A connection that ends within a list
checks: D-9
ref: RFC 1939 section 6; Dovecot before 2.2.5
protocol: pop3

S~ +OK*
login
C: LIST
C: UIDL
S~ +OK*
S: 1 120
drop
connect
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
