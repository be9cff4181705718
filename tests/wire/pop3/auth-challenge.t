# AUTH PLAIN without an initial response: a plus and a space
checks: A-1 D-19
ref: RFC 5034 section 4, RFC 4616
protocol: pop3
needs: plain

S~ +OK*
C: auth plain
; a plus, a space and nothing else
S| +\s
C~ {base64:\0{user}\0{password}}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
