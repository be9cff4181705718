# A message without an empty line is all header
checks: D-7
ref: RFC 1939 sections 5 and 11
protocol: pop3
needs: exact
mail: Subject: no blank line\nFrom: ada@example.org\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S: .
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
