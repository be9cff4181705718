# The greeting is one positive line
checks: B-1
ref: RFC 1939 sections 3 and 4
protocol: pop3

S~ +OK*
C: QUIT
S~ +OK*
S! closed
