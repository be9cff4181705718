# Six commands at once, six replies in order
checks: X-12
ref: RFC 2449 section 6.6
protocol: pop3
changes: maildrop

S~ +OK*
C: USER wren
C: PASS correct horse battery
C: STAT
C: RETR 1
C: DELE 1
C: QUIT
S~ +OK*
S~ +OK*
S: +OK 3 771
S~ +OK*
S= mail 1
S~ +OK*
S~ +OK*
S! closed
connect
S~ +OK*
C: USER wren
C: PASS correct horse battery
C: LIST
C: UIDL
C: TOP 1 0
C: RETR 9
C: RETR 2
C: NOOP
C: QUIT
; nothing behind QUIT is done
C: DELE 1
repeat 2 S~ +OK*
S~ +OK*
S: 1 200
S: 2 451
S: .
S~ +OK*
S= uidl
S~ +OK*
S= mail 2 top 0
S~ -ERR*
S~ +OK*
S= mail 3
repeat 2 S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S: +OK 2 651
C: QUIT
S~ +OK*
S! closed
