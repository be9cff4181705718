# A bare CR ends no command
checks: B-48
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
login
C~ LIST 1\rLIST 2
S~ -ERR*
C~ RETR 1\r
S~ -ERR*
C~ DELE \r1
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C~ NOOP\rNOOP
either
S~ +OK*
or
S~ -ERR*
end
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
