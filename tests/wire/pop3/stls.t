# STLS, then everything over TLS
checks: T-1
ref: RFC 2595 section 4
protocol: pop3
needs: tls
changes: maildrop

S~ +OK*
C: STLS
S~ +OK*
tls
; there is no second greeting; still AUTHORIZATION
C: STAT
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: DELE 2
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 2 {size13}{...}
C: QUIT
S~ +OK*
S! closed
