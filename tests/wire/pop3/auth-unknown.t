# A mechanism that nobody knows
checks: A-3
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
C: AUTH FOO
S~ -ERR*
C: AUTH FOO AAAA
S~ -ERR*
C: AUTH PLAIN2
S~ -ERR*
C: AUTH PLAI
S~ -ERR*
C~ AUTH PLAIN {base64:\0wren\0correct horse battery}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
