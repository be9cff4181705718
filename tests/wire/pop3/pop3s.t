# TLS from the first octet
checks: T-7
ref: RFC 8314 section 3.1
protocol: pop3
needs: pop3s

connect 1 tls
S~ +OK*
login
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
