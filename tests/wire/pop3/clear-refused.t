# Without TLS no password is asked for or taken
checks: X-5
ref: RFC 5034 section 4, RFC 2595 section 2.3, RFC 8314 section 4.1
protocol: pop3
needs: tls-only tls

S~ +OK*
C: CAPA
S~ +OK*
S= capa clear
capa clear lacks USER SASL=PLAIN SASL=LOGIN
capa clear has STLS
; the answer does not say whether there is such a user
C: USER wren
S~ -ERR{answer*}
C: USER nobody
S~ -ERR{answer*}
C: PASS correct horse battery
S~ -ERR*
C~ AUTH PLAIN {base64:\0wren\0correct horse battery}
S~ -ERR*
C: AUTH PLAIN
S~ -ERR*
C: STAT
S~ -ERR*
C: STLS
S~ +OK*
tls
C: CAPA
S~ +OK*
S= capa secure
capa secure has USER SASL=PLAIN
capa secure lacks STLS
login
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
