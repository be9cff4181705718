# What is not a command is answered with -ERR, and the session goes on
checks: B-3
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C: FOO
S~ -ERR*
C: STATS
S~ -ERR*
login
C: FOO bar
S~ -ERR*
C: XTND
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
