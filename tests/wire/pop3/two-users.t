# Two people are served at the same time, each with their own mail
checks: D-49
ref: RFC 1939 section 4
protocol: pop3
needs: two-users

S~ +OK*
login
connect 2
S~ +OK*
login {other} {other_password}
C: STAT
either
S~ +OK 0 0{...}
C: RETR 1
S~ -ERR*
or
S~ +OK *
end
use 1
C: STAT
S~ +OK 3 {size123}{...}
use 2
C: QUIT
S~ +OK*
S! closed
use 1
C: QUIT
S~ +OK*
S! closed
