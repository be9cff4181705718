# A client certificate changes nothing: greeting, AUTHORIZATION
checks: T-7
ref: RFC 8314 sections 3.1 and 4.2
protocol: pop3
needs: pop3s
; EXTERNAL comes later: see checks.tsv

connect 1 tls cert
S~ +OK*
C: STAT
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
