# Dots at the start of lines hold across every internal buffer
checks: B-15 B-16 D-35
ref: RFC 1939 sections 3 and 11
protocol: pop3
mail: From: ada@example.org\nSubject: big\n\n\{3000*.\n..\n.x\nsome words in a line\n\n}end\n

S~ +OK*
login
C: LIST 1
S~ +OK 1 {size1}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: TOP 1 9000
S~ +OK*
S= mail 1 top 9000
C: QUIT
S~ +OK*
S! closed
