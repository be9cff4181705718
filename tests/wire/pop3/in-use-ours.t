# A maildrop has one session at a time: [IN-USE]
checks: B-29 X-6
ref: RFC 1939 section 4, RFC 2449 section 8.1.2
protocol: pop3
needs: resp-codes
choice: sessions take turns, and the second is told so

S~ +OK*
login
connect 2
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ -ERR \[IN-USE]*
; a wrong password is still told first
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR*
use 1
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
