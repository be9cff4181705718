# Lines of 998 octets
checks: D-24
ref: RFC 1939 section 3, RFC 5322 section 2.1.1
protocol: pop3
mail: From: ada@example.org\nSubject: 998\n\n\{998*x}\n.\{997*y}\nend\n

S~ +OK*
login
C: LIST 1
S~ +OK 1 {size1}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
