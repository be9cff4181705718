# CAPA between USER and PASS forgets nothing
checks: D-10
ref: RFC 1939 section 7 (PASS "immediately after"); clients behind proxies
protocol: pop3
needs: capa
choice: CAPA asks, it does not act

S~ +OK*
C~ USER {user}
S~ +OK*
C: CAPA
S~ +OK*
S...
C~ PASS {password}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
