# CAPA: STLS before, not after
checks: T-4 D-18
ref: RFC 2595 section 4
protocol: pop3
needs: tls capa

S~ +OK*
C: CAPA
S~ +OK*
S= capa clear
capa clear has STLS
C: STLS
S~ +OK*
tls
C: CAPA
S~ +OK*
S= capa secure
capa secure lacks STLS
login
C: QUIT
S~ +OK*
S! closed
