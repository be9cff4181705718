# An exchange may be sent in one go
checks: A-1
ref: RFC 5034 section 4, RFC 2449 section 6.6
protocol: pop3
needs: plain
choice: answers that are there already are read

S~ +OK*
C: AUTH PLAIN
C~ {base64:\0{user}\0{password}}
C: STAT
C: QUIT
S| +\s
S~ +OK*
S~ +OK 3 {size123}{...}
S~ +OK*
S! closed
