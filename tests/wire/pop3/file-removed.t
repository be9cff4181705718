# Another reader removes a message: an error, never another message
checks: Z-3
ref: RFC 3206 section 4
protocol: pop3
changes: maildrop

S~ +OK*
login
C: STAT
S: +OK 3 771
store remove wren 2
C: RETR 2
S~ -ERR \[SYS/TEMP]*
C: TOP 2 0
S~ -ERR \[SYS/TEMP]*
C: RETR 3
S~ +OK*
S= mail 3
; the listing of a session stays
C: LIST
S~ +OK*
S: 1 120
S: 2 200
S: 3 451
S: .
; removing what is gone already succeeds
C: DELE 2
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: LIST
S~ +OK*
S: 1 120
S: 2 451
S: .
C: QUIT
S~ +OK*
S! closed
