# A connection that ends within a reply removes nothing
checks: B-24 D-6
ref: RFC 1939 section 6
protocol: pop3
mail: Subject: big\n\n\{20000*some words in a line\n}
mail: Subject: small\n\n

S~ +OK*
login
C: DELE 2
S~ +OK*
C: RETR 1
S~ +OK*
S: Subject: big
drop
connect
S~ +OK*
login
C: LIST 2
S: +OK 2 18
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
