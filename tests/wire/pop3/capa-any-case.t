# CAPA in lower case
checks: X-2
ref: RFC 1939 section 3, RFC 2449 section 5
protocol: pop3
needs: capa

S~ +OK*
C: cApA
S~ +OK*
S= capa list
login
C: capa
S~ +OK*
S= capa list
C: QUIT
S~ +OK*
S! closed
