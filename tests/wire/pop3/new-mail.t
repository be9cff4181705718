# Mail that arrives during a session is not in it
checks: B-31 D-7
ref: RFC 1939 section 4
protocol: pop3
changes: maildrop

S~ +OK*
login
C: STAT
S: +OK 3 771
store deliver wren Subject: new\n\nnew\n
C: STAT
S: +OK 3 771
C: LIST
S~ +OK*
S: 1 120
S: 2 200
S: 3 451
S: .
C: RETR 4
S~ -ERR*
C: DELE 1
S~ +OK*
; RSET is no reason to look again
C: RSET
S~ +OK*
C: STAT
S: +OK 3 771
C: LIST 1
S: +OK 1 120
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
S: 1 200
S: 2 451
S~ 3 *
S: .
C: QUIT
S~ +OK*
S! closed
