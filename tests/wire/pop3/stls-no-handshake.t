# Plain text where the handshake should be ends the connection
checks: T-1 T-3
ref: RFC 2595 section 4
protocol: pop3
needs: tls

S~ +OK*
C: STLS
S~ +OK*
C~ USER {user}
C~ PASS {password}
C: STAT
S! refused
