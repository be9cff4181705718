# PLAIN: a fourth part, too few, empty ones
checks: A-16
ref: RFC 4616 section 2
protocol: pop3
needs: plain

S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0{password}\0}
S~ -ERR*
connect 2
S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0{password}\0x}
S~ -ERR*
; too few
connect 3
S~ +OK*
C~ AUTH PLAIN {base64:{user}\0{password}}
S~ -ERR*
connect 4
S~ +OK*
C~ AUTH PLAIN {base64:{user}}
S~ -ERR*
; no name, no password
connect 5
S~ +OK*
C~ AUTH PLAIN {base64:\0\0{password}}
S~ -ERR*
connect 6
S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0}
S~ -ERR*
connect 7
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
