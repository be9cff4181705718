# STLS works once
checks: T-2 D-17
ref: RFC 2595 section 4
protocol: pop3
needs: tls

S~ +OK*
C: STLS
S~ +OK*
tls
C: STLS
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
