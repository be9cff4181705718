# After so many bad commands the server closes
checks: D-47
ref: a limit against abuse; RFC 1939 sets none
protocol: pop3
needs: bad=3
choice: limits are settings

S~ +OK*
login
C: DELE 1
S~ +OK*
C: FOO
S~ -ERR*
C: FOO
S~ -ERR*
C: FOO
S~ -ERR*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
