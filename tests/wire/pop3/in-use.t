# A maildrop has one session at a time
checks: B-29 X-6
ref: RFC 1939 section 4, RFC 2449 section 8.1.2
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 2
S~ +OK*
connect 2
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[IN-USE]*
; a wrong password is still told first
C: USER wren
either
S~ +OK*
C: PASS wrong
S~ -ERR*
or
S! closed
end
use 1
C: STAT
S: +OK 2 571
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
connect 3
S~ +OK*
login
C: STAT
S: +OK 2 571
C: QUIT
S~ +OK*
S! closed
