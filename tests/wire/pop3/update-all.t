# All messages removed leave an empty maildrop
checks: B-23
ref: RFC 1939 section 6
protocol: pop3
changes: maildrop

S~ +OK*
login
C: DELE 1
S~ +OK*
C: DELE 3
S~ +OK*
C: DELE 2
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 0 0{...}
C: QUIT
S~ +OK*
S! closed
