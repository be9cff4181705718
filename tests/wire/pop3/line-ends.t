# Messages stored with LF
checks: B-17
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: LF\n\none\ntwo\n
mail: \n
mail: \n\n\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 25{...}
S~ 2 2{...}
S~ 3 6{...}
S: .
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
