# On the TLS port STLS is neither announced nor done
checks: T-7 D-18
ref: RFC 2595 section 4
protocol: pop3
needs: pop3s capa

connect 1 tls
S~ +OK*
C: CAPA
S~ +OK*
S= capa list
capa list lacks STLS
C: STLS
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
