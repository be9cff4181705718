# An empty line is no command
checks: B-3 D-26
ref: RFC 1939 section 3; a crash of Dovecot before 2.3.19
protocol: pop3

S~ +OK*
C:
S~ -ERR*
login
C:
S~ -ERR*
C~ \s
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
