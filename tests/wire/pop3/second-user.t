# A second USER replaces the first
checks: D-48
ref: RFC 1939 section 7 (it does not say)
protocol: pop3
choice: a name holds until the next

S~ +OK*
C~ USER {other}
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
