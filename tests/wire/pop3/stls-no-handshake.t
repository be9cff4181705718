# Plain text where the handshake should be ends the connection
checks: T-1 T-3
ref: RFC 2595 section 4 (what follows a failed handshake, it leaves open)
protocol: pop3
needs: tls
choice: who cannot shake hands is not listened to

S~ +OK*
C: STLS
S~ +OK*
C~ USER {user}
C~ PASS {password}
C: STAT
S! refused
