# Within an exchange a command is no command
checks: A-5
ref: RFC 5034 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN
S| +\s
C: QUIT
S~ -ERR*
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
