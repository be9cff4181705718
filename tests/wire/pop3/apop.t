# APOP with the right and a wrong digest
checks: B-39
ref: RFC 1939 section 7
protocol: pop3
needs: apop

S~ +OK*{<a>}*
C~ APOP {user} {md5:{a}wrong}
S~ -ERR*
connect 2
S~ +OK*{<b>}*
C~ APOP {nobody} {md5:{b}{password}}
S~ -ERR*
connect 3
S~ +OK*{<c>}*
C~ APOP {user}
S~ -ERR*
connect 4
S~ +OK*{<d>}*
C~ APOP {user} {md5:{d}{password}}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
