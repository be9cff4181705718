# Nobody acts for somebody else
checks: A-15
ref: RFC 4616 section 2
protocol: pop3
needs: plain

S~ +OK*
C~ AUTH PLAIN {base64:{other}\0{user}\0{password}}
S~ -ERR*
connect 2
S~ +OK*
C~ AUTH PLAIN {base64:{user}\0{other}\0{password}}
S~ -ERR*
connect 3
S~ +OK*
C~ AUTH PLAIN {base64:{user}\0{user}\0{password}}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
