# A message that is gone: [SYS/TEMP]
checks: Z-3
ref: RFC 3206 section 4
protocol: pop3
changes: maildrop
choice: the next session does not list it any more

S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
store remove wren 2
C: RETR 2
S~ -ERR \[SYS/TEMP]*
C: TOP 2 0
S~ -ERR \[SYS/TEMP]*
C: QUIT
S~ +OK*
S! closed
