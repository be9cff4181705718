# ... and LIST counts it
checks: B-18 D-41
ref: RFC 1939 section 11
protocol: pop3
needs: exact
mail: Subject: no end\n\nlast
mail: Subject: a dot\n\n.

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
