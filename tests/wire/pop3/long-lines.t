# Lines of 998 octets and of 3000
checks: D-24
ref: RFC 1939 section 3 (it sets no limit on them)
protocol: pop3
needs: exact
mail: Subject: long\n\n\{3000*x}\n
mail: Subject: 998\n\n\{998*.}\n\{998*y}\nend\n
mail: Subject: buffers\n\n\{4094*y}\n.\n\{8190*z}\n.\n

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
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
