# RETR takes the number of a message and nothing else
checks: B-19
ref: RFC 1939 sections 3 and 5
protocol: pop3

S~ +OK*
login
C: RETR
S~ -ERR*
C: RETR 4
S~ -ERR*
C: RETR x
S~ -ERR*
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
