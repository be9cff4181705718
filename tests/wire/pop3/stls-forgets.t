# What was said before STLS is forgotten
checks: T-5
ref: RFC 2595 section 4 (our choice for USER)
protocol: pop3
needs: tls clear

S~ +OK*
C: USER wren
S~ +OK*
C: STLS
S~ +OK*
tls
C: PASS correct horse battery
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
