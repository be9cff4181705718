# QUIT says when something could not be removed, and frees the maildrop
checks: B-27 D-14
ref: RFC 1939 section 6
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 1
S~ +OK*
store readonly wren
C: QUIT
S~ -ERR*
S! closed
store writable wren
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: DELE 1
S~ +OK*
C: QUIT
S~ +OK*
S! closed
stored wren 2
