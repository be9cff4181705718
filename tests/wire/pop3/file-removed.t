# Another reader removes a message: an error, never another message
checks: Z-3
ref: RFC 1939 section 5
protocol: pop3
changes: maildrop

S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
store remove wren 2
C: RETR 2
S~ -ERR*
C: TOP 2 0
S~ -ERR*
C: RETR 3
S~ +OK*
S= mail 3
; the listing of a session stays
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
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
S~ 1 {size1}{...}
S~ 2 {size3}{...}
S: .
C: QUIT
S~ +OK*
S! closed
