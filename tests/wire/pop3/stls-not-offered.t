# Without a certificate STLS is neither announced nor done
checks: T-1
ref: RFC 8314 section 4.1
protocol: pop3
needs: no-tls capa

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
