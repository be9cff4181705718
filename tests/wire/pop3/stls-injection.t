# Commands behind STLS in the clear are never executed inside TLS
checks: T-3
ref: RFC 2595 section 4 (closing or discarding is the server's choice)
protocol: pop3
needs: tls

S~ +OK*
C: STLS
C: CAPA
either
S~ -ERR*
S! closed
or
S~ +OK*
try tls
C: NOOP
; the reply to NOOP in AUTHORIZATION, not a list
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
end
