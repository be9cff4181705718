# Nor for TOP and UIDL
checks: D-8
ref: RFC 1939 section 7
protocol: pop3
needs: top uidl

S~ +OK*
login
C: TOP 0 0
S~ -ERR*
C: UIDL 0
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
