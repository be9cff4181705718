# PLAIN: parts of 255 octets are taken, malformed messages are not
checks: A-16
ref: RFC 4616 section 2
protocol: pop3
user: \{200*n} \{255*p}

S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\{200*n}\0\{200*n}\0\{255*p}}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
; a fourth part
C~ AUTH PLAIN {base64:\0wren\0correct horse battery\0}
S~ -ERR*
C~ AUTH PLAIN {base64:\0wren\0correct horse battery\0x}
S~ -ERR*
; too few
C~ AUTH PLAIN {base64:wren\0correct horse battery}
S~ -ERR*
C~ AUTH PLAIN {base64:wren}
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
; no name, no password
C~ AUTH PLAIN {base64:\0\0correct horse battery}
S~ -ERR*
C~ AUTH PLAIN {base64:\0wren\0}
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
