# A message whose last line has no end gets one
checks: B-18 D-41
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: no end\n\nlast
mail: Subject: a dot\n\n.

S~ +OK*
login
C: RETR 1
S~ +OK*
S: Subject: no end
S:
S: last
S: .
C: RETR 2
S~ +OK*
S: Subject: a dot
S:
S: ..
S: .
C: QUIT
S~ +OK*
S! closed
