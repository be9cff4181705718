# TOP gives what is there, and nothing more
checks: D-7
ref: RFC 1939 section 7
protocol: pop3
needs: exact top
mail: Subject: no blank line\nFrom: ada@example.org\n
mail: Subject: neither that nor a line end
mail: \n.body at once\n
mail: Subject: x\r\n\r\r\n\r\nbody\n
choice: nothing is added, and the empty line is given when it is there

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 47
S: 2 38
S: 3 17
S: 4 23
S: .
C: TOP 1 0
S~ +OK*
S= mail 1 top 0
C: TOP 1 5
S~ +OK*
S= mail 1
C: TOP 2 0
S~ +OK*
S= mail 2
C: TOP 3 0
S~ +OK*
S:
S: .
C: TOP 3 1
S~ +OK*
S:
S: ..body at once
S: .
; CR CR LF is not an empty line
C: TOP 4 0
S~ +OK*
S: Subject: x
S| \r
S:
S: .
C: RETR 1
S~ +OK*
S= 47 octets
C: QUIT
S~ +OK*
S! closed
