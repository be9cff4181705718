# After an answer of 8000 octets the session goes on
checks: A-9
ref: RFC 5034 section 4 (longer than any PLAIN message: a server may close)
protocol: pop3
needs: plain
choice: who can read it can answer it

S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\0{user}\0\{5994*x}}
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
