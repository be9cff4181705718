# UIDL takes the number of a message or nothing
checks: D-37
ref: RFC 1939 section 7
protocol: pop3
needs: uidl

S~ +OK*
login
C: UIDL 4
S~ -ERR*
C: UIDL x
S~ -ERR*
C: UIDL -1
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
