# ... for RETR and DELE
checks: B-19
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: RETR 4294967297
S~ -ERR*
C: RETR 18446744073709551617
S~ -ERR*
C: DELE 4294967297
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
