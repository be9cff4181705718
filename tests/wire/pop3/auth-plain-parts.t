# PLAIN: parts of 255 octets are taken
checks: A-16
ref: RFC 4616 section 2
protocol: pop3
needs: plain
user: \{200*n} \{255*p}

S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\{200*n}\0\{200*n}\0\{255*p}}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
