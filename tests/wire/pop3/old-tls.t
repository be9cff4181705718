# TLS 1.0 and 1.1 are not agreed on
checks: T-8
ref: RFC 8997, RFC 9325
protocol: pop3
needs: pop3s tls
only: socket TLS is outside the machine

connect 1 tls-raw
tls 1.0 refused
connect 2 tls-raw
tls 1.1 refused
connect 3
S~ +OK*
C: STLS
S~ +OK*
tls 1.0 refused
connect 4
S~ +OK*
C: STLS
S~ +OK*
tls 1.1 refused
connect 5 tls
S~ +OK*
C: QUIT
S~ +OK*
S! closed
