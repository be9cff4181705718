# Mail that arrives during a session is not in it
checks: B-31 D-12
ref: RFC 1939 section 4
protocol: pop3
changes: maildrop

S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
store deliver wren Subject: new\n\nnew\n
C: STAT
S~ +OK 3 {size123}{...}
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: RETR 4
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S~ 4 *
S: .
C: QUIT
S~ +OK*
S! closed
