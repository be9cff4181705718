# What is stored with CRLF is sent with CRLF
checks: B-17
ref: RFC 1939 section 3 (how a store keeps lines, it leaves open)
protocol: pop3
needs: exact
mail: Subject: CRLF\r\n\r\none\r\ntwo\r\n
mail: Subject: mixed\n\r\none\r\ntwo\nthree\r\n
choice: CRLF in a file is an end of a line

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 27
S: 2 35
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
