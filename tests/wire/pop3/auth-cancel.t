# A star ends the exchange
checks: A-5
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
C: AUTH PLAIN
S| +\s
C: *
S~ -ERR*
C: AUTH PLAIN
S| +\s
; not a command: the exchange is still on
C: QUIT
S~ -ERR*
login
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
