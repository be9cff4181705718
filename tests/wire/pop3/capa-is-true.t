# What CAPA announces works
checks: X-4
ref: RFC 2449 section 6
protocol: pop3
needs: capa top uidl

S~ +OK*
C: CAPA
S~ +OK*
S= capa list
login
C: TOP 1 0
S~ +OK*
S= mail 1 top 0
C: UIDL
S~ +OK*
S= uidl
C: QUIT
S~ +OK*
S! closed
