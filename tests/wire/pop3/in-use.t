# A second session does not disturb the first
checks: B-29
ref: RFC 1939 section 4 (how much of a lock is needed, it leaves open)
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 2
S~ +OK*
connect 2
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
either
S~ -ERR*
or
S~ +OK*
C: QUIT
S~ +OK*
S! closed
end
use 1
C: STAT
S~ +OK 2 {size13}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
connect 3
S~ +OK*
login
C: STAT
S~ +OK 2 {size13}{...}
C: QUIT
S~ +OK*
S! closed
