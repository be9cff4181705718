# TOP in an empty maildrop
checks: B-14
ref: RFC 1939 section 7
protocol: pop3
needs: top
fixture: empty

S~ +OK*
login
C: TOP 1 0
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
