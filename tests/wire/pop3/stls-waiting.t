# Handshakes that never come keep nobody out
checks: D-32
ref: RFC 2595 section 4; Dovecot before 2.2.13
protocol: pop3
needs: tls

S~ +OK*
C: STLS
S~ +OK*
connect 2
S~ +OK*
C: STLS
S~ +OK*
connect 3
S~ +OK*
C: STLS
S~ +OK*
connect 4
S~ +OK*
C: STLS
S~ +OK*
connect 5
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
