# STLS works once, and before login
checks: T-2
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
C: STLS
S~ -ERR*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STLS
S~ -ERR*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
