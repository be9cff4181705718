# AUTH is refused in TRANSACTION
checks: A-7
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
login
C~ AUTH PLAIN {base64:\0{other}\0{other_password}}
S~ -ERR*
C: AUTH PLAIN
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
