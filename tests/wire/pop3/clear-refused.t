# Without TLS no password is asked for or taken
checks: X-5
ref: RFC 5034 section 4, RFC 2595 section 2.3, RFC 8314 section 4.1
protocol: pop3
needs: tls-only tls capa

S~ +OK*
C: CAPA
S~ +OK*
S= capa clear
capa clear lacks USER SASL=PLAIN SASL=LOGIN
capa clear has STLS
; the answer does not say whether there is such a user
C~ USER {user}
S~ -ERR{answer*}
C~ USER {nobody}
S~ -ERR{answer*}
connect 2
S~ +OK*
C~ PASS {password}
S~ -ERR*
C~ AUTH PLAIN {base64:\0{user}\0{password}}
S~ -ERR*
connect 3
S~ +OK*
C: AUTH PLAIN
S~ -ERR*
C: STAT
S~ -ERR*
connect 4
S~ +OK*
C: STLS
S~ +OK*
tls
C: CAPA
S~ +OK*
S= capa secure
capa secure lacks STLS
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
