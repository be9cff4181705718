# RSET is no reason to look for new mail
checks: B-31 D-11
ref: RFC 1939 section 5
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 1
S~ +OK*
store deliver wren Subject: new\n\nnew\n
C: RSET
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: LIST 1
S~ +OK 1 {size1}{...}
C: RETR 4
S~ -ERR*
C: DELE 1
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size2}{...}
S~ 2 {size3}{...}
S~ 3 *
S: .
C: QUIT
S~ +OK*
S! closed
