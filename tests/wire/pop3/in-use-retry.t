# Who was refused may try again on the same connection
checks: B-29
ref: RFC 1939 section 4 (how much of a lock is needed, it leaves open)
protocol: pop3

S~ +OK*
login
connect 2
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
either
S~ -ERR*
use 1
C: QUIT
S~ +OK*
S! closed
use 2
C~ USER {user}
either
S~ +OK*
C~ PASS {password}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S~ +OK*
C: QUIT
S~ +OK*
S! closed
end
