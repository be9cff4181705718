# A dot that is the first octet of the message
checks: B-16
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: .first octet\n\n.\n
mail: .\n
mail: .\n.\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: RETR 1
S~ +OK*
S: ..first octet
S:
S: ..
S: .
C: RETR 2
S~ +OK*
S: ..
S: .
C: RETR 3
S~ +OK*
S: ..
S: ..
S: .
C: QUIT
S~ +OK*
S! closed
