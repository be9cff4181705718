# A message without an empty line is all header
checks: D-7
ref: RFC 1939 section 7 (whether TOP ends it with an empty line, it does not say)
protocol: pop3
needs: exact
mail: Subject: no blank line\nFrom: ada@example.org\n
mail: Subject: neither that nor a line end

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S: .
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
