# A maildrop in use: AUTH is refused, and may be tried again
checks: A-19
ref: RFC 1939 section 4 (how much of a lock is needed, it leaves open), RFC 5034
protocol: pop3
needs: plain

S~ +OK*
login
connect 2
S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0{password}}
either
S~ -ERR*
use 1
C: QUIT
S~ +OK*
S! closed
use 2
C~ AUTH PLAIN {base64:\0{user}\0{password}}
either
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S~ +OK*
C: QUIT
S~ +OK*
S! closed
end
