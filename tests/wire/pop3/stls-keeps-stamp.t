# The timestamp of the greeting holds after STLS
checks: T-1 B-39
ref: RFC 2595 section 4
protocol: pop3
needs: apop tls

S~ +OK*{<stamp>}*
C: STLS
S~ +OK*
tls
C~ APOP {user} {md5:{stamp}{password}}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
