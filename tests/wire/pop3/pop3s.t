# TLS from the first octet
checks: T-7
ref: RFC 8314 section 3.1
protocol: pop3
needs: pop3s

connect 1 tls
S~ +OK*
C: CAPA
S~ +OK*
S= capa list
capa list lacks STLS
capa list has USER SASL=PLAIN
C: STLS
S~ -ERR*
login
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
