# SASL PLAIN that CAPA announces works
checks: X-4
ref: RFC 2449 section 6.3
protocol: pop3
needs: capa plain

S~ +OK*
C: CAPA
S~ +OK*
S= capa list
capa list has SASL=PLAIN
C~ AUTH PLAIN {base64:\0{user}\0{password}}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
