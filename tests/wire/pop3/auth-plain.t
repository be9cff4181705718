# AUTH PLAIN with an initial response
checks: A-1
ref: RFC 5034 section 4, RFC 4616
protocol: pop3
needs: plain

S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0{password}}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
