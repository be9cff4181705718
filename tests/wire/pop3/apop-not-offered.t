# Without a timestamp APOP is refused
checks: B-41
ref: RFC 1939 section 7
protocol: pop3
needs: no-apop

S~ +OK*
C~ APOP {user} {md5:{password}}
S~ -ERR*
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
