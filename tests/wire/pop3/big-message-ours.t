# ... whatever ends the lines in the store
checks: B-16 D-35
ref: RFC 1939 sections 3 and 11
protocol: pop3
choice: CRLF in a file is an end of a line
needs: exact
mail: Subject: big\n\n\{3000*.\n..\n.x\nsome words in a line\n\r\n}\{70000*y}\n.
mail: \{20000*\n}

S~ +OK*
login
C: LIST 1
S~ +OK 1 175021{...}
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: TOP 1 9000
S~ +OK*
S= mail 1 top 9000
C: RETR 1
S~ +OK*
S= 175021 octets
C: QUIT
S~ +OK*
S! closed
