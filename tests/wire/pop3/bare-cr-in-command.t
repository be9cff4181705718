# A bare CR ends no command and does not come back
checks: B-48
ref: RFC 1939 section 3, RFC 2449 section 3 (what a reply is made of)
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
C~ F\rOO
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
