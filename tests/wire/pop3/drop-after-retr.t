# Nor what was read and marked
checks: B-24 D-31
ref: RFC 1939 sections 6 and 8; Dovecot before 2.3.4
protocol: pop3

S~ +OK*
login
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: DELE 1
S~ +OK*
C: DELE 2
S~ +OK*
C: DELE 3
S~ +OK*
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: RETR 2
S~ +OK*
S= mail 2
drop
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: QUIT
S~ +OK*
S! closed
