# Dots where lines end with CRLF or not at all
checks: B-16
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: .first octet\n\n.\n
mail: .
mail: .\r\n.\r\n
mail: \r\n.
choice: CRLF in a file is an end of a line

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 19
S: 2 3
S: 3 6
S: 4 5
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
C: RETR 4
S~ +OK*
S:
S: ..
S: .
C: QUIT
S~ +OK*
S! closed
