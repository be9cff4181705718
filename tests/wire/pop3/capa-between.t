# CAPA between USER and PASS, as a proxy or a client sends it
checks: D-10
ref: RFC 1939 section 7 (PASS "immediately after"); clients behind nginx
protocol: pop3
needs: capa

S~ +OK*
C~ USER {user}
S~ +OK*
C: CAPA
S~ +OK*
S...
C~ PASS {password}
either
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
or
S~ -ERR*
login
end
C: QUIT
S~ +OK*
S! closed
