# CAPA: well-formed, the same before and after login
checks: X-1 X-3
ref: RFC 2449 sections 3 and 5
protocol: pop3
needs: capa

S~ +OK*
C: CAPA
S~ +OK*
S= capa before
login
C: CAPA
S~ +OK*
S= capa after
capa before within after except STLS
C: CAPA x
either
S~ -ERR*
or
S~ +OK*
S...
end
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
