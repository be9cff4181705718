# Nor with TOP and UIDL
checks: B-20 D-2
ref: RFC 1939 section 7
protocol: pop3
needs: top uidl

S~ +OK*
login
C: DELE 2
S~ +OK*
C: TOP 2 0
S~ -ERR*
C: UIDL 2
S~ -ERR*
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
