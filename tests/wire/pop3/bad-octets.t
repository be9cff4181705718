# Octets that do not belong in a command, and the session goes on
checks: B-44 B-48
ref: RFC 1939 section 3 (a server may close)
protocol: pop3
choice: one wrong octet is no reason to close

S~ +OK*
C~ US\0ER wren
S~ -ERR*
C~ USER wr\0en
S~ -ERR*
C~ USER wren\0
S~ -ERR*
C~ USER wr\ren
S~ -ERR*
C~ USER wren\r
S~ -ERR*
C~ \0
S~ -ERR*
C~ USER wr\xc3\xa9n
S~ -ERR*
C~ \xff\xfe
S~ -ERR*
login
C~ LIST 2\0
S~ -ERR*
C~ STAT\0STAT
S~ -ERR*
C~ ST\xc1T
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
