# STLS takes no argument
checks: T-1
ref: RFC 2595 section 4
protocol: pop3
needs: tls

S~ +OK*
C: STLS now
either
S~ -ERR*
C: STLS
S~ +OK*
tls
login
C: QUIT
S~ +OK*
S! closed
or
S~ +OK*
tls
login
C: QUIT
S~ +OK*
S! closed
end
