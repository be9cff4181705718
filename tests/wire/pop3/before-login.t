# Commands of TRANSACTION are refused in AUTHORIZATION
checks: B-4 B-42
ref: RFC 1939 sections 3 and 5
protocol: pop3

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
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
