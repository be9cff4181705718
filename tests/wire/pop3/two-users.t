# Two people are served at the same time, each with their own mail
checks: D-12
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
login
connect 2
S~ +OK*
login finch hunter2
C: STAT
S: +OK 0 0
C: RETR 1
S~ -ERR*
use 1
C: STAT
S: +OK 3 771
use 2
C: QUIT
S~ +OK*
S! closed
use 1
C: QUIT
S~ +OK*
S! closed
