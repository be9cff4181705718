# Nor is a login that was smuggled in behind STLS
checks: T-3
ref: RFC 2595 section 4
protocol: pop3
needs: tls

S~ +OK*
C: STLS
C~ USER {user}
C~ PASS {password}
C: DELE 1
C: QUIT
either
S~ -ERR*
S! closed
or
S~ +OK*
try tls
C: STAT
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
end
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
