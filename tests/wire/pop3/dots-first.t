# A dot that is the first octet of the message
checks: B-16
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: .first octet\n\n.\n
mail: .
mail: .\r\n.\r\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 19{...}
S~ 2 3{...}
S~ 3 6{...}
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
