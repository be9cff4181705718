# After bad base64 the session goes on
checks: A-6
ref: RFC 5034 section 4 (a server may close)
protocol: pop3
needs: plain
choice: who can answer need not close

S~ +OK*
C: AUTH PLAIN AAA=BBB
S~ -ERR*
C: AUTH PLAIN
S| +\s
C: AAAA*
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
