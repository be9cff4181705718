# ... however many there are, up to the limit
checks: B-3
ref: RFC 1939 section 3 (it sets no limit on bad commands)
protocol: pop3
choice: twenty bad commands before we close

S~ +OK*
C: FOO
S~ -ERR*
C: XTND
S~ -ERR*
C: STATS
S~ -ERR*
C: FOO BAR
S~ -ERR*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
