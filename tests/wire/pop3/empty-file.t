# A message without a single octet: LIST says what RETR gives
checks: D-7
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: before\n\n
mail: \{0*x}
mail: Subject: behind\n\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {empty}{...}
S~ 3 {size3}{...}
S: .
C: RETR 2
S~ +OK*
S= {empty} octets
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
