# STLS works before login alone
checks: T-2 D-17
ref: RFC 2595 section 4
protocol: pop3
needs: tls

S~ +OK*
login
C: STLS
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
