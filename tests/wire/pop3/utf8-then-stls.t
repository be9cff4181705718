# STLS after UTF8 may be refused, and nothing else happens
checks: T-9
ref: RFC 6856 section 2.1
protocol: pop3
needs: tls

S~ +OK*
C: UTF8
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
C: STLS
either
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
or
S~ +OK*
tls
C: QUIT
S~ +OK*
S! closed
end
end
