# STLS, then everything over TLS
checks: T-1 T-4
ref: RFC 2595 section 4
protocol: pop3
changes: maildrop

S~ +OK*
C: CAPA
S~ +OK*
S= capa clear
capa clear has STLS
C: STLS
S~ +OK*
tls
; there is no second greeting; still AUTHORIZATION
C: STAT
S~ -ERR*
C: CAPA
S~ +OK*
S= capa secure
capa secure lacks STLS
capa secure has USER TOP UIDL SASL=PLAIN
login
C: STAT
S: +OK 3 771
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
S: +OK 2 571
C: QUIT
S~ +OK*
S! closed
