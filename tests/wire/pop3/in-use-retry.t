# Who was refused may try again on the same connection
checks: B-29 X-6
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
login
connect 2
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[IN-USE]*
use 1
C: QUIT
S~ +OK*
S! closed
use 2
C: USER wren
either
S~ +OK*
C: PASS correct horse battery
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
