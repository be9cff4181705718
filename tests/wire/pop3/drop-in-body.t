# A connection that ends within a reply removes nothing
checks: B-24 D-16
ref: RFC 1939 section 6
protocol: pop3
mail: From: ada@example.org\nSubject: big\n\n\{20000*some words in a line\n}
mail: From: ada@example.org\nSubject: small\n\nsmall\n

S~ +OK*
login
C: DELE 2
S~ +OK*
C: RETR 1
S~ +OK*
S~ *
drop
connect
S~ +OK*
login
C: STAT
S~ +OK 2 {size12}{...}
C: LIST 2
S~ +OK 2 {size2}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
