# An empty maildrop is no error
checks: B-14
ref: RFC 1939 section 5
protocol: pop3
fixture: empty

S~ +OK*
login
C: STAT
S~ +OK 0 0{...}
C: LIST
S~ +OK*
S: .
C: LIST 1
S~ -ERR*
C: RETR 1
S~ -ERR*
C: DELE 1
S~ -ERR*
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
