# RETR gives the message
checks: B-15 B-16 B-17 B-18
ref: RFC 1939 sections 3, 5 and 11
protocol: pop3

S~ +OK*
login
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: RETR 3
S~ +OK*
S= mail 3
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
