# A message without a single octet has size 0 and an empty body
checks: D-8
ref: RFC 1939 sections 3 and 11
protocol: pop3
mail: Subject: before\n\n
mail: \{0*x}
mail: Subject: behind\n\n

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 19
S: 2 0
S: 3 19
S: .
C: RETR 2
S~ +OK*
S: .
C: TOP 2 10
S~ +OK*
S: .
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
