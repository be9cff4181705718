# Each greeting has a timestamp of its own
checks: B-40
ref: RFC 1939 section 7
protocol: pop3
needs: apop

S~ +OK*{<first>}*
connect 2
S~ +OK*{<second>}*
differ first second
; a digest for one greeting is worth nothing in another
C~ APOP {user} {md5:{first}{password}}
S~ -ERR*
use 1
C~ APOP {user} {md5:{first}{password}}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
