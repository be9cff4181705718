# However many there are, up to the limit
checks: B-4
ref: RFC 1939 section 3 (it sets no limit on bad commands)
protocol: pop3
choice: twenty bad commands before we close

S~ +OK*
C: STAT
S~ -ERR*
C: LIST
S~ -ERR*
C: LIST 1
S~ -ERR*
C: RETR 1
S~ -ERR*
C: DELE 1
S~ -ERR*
C: NOOP
S~ -ERR*
C: RSET
S~ -ERR*
C: TOP 1 0
S~ -ERR*
C: UIDL
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
