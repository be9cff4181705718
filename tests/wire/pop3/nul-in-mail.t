# A NUL in a message: LIST says what RETR gives
checks: D-21
ref: RFC 1939 section 11
protocol: pop3
needs: exact
mail: Subject: NUL\n\na\0b\n\0\n
mail: Subject: behind\n\nbehind\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {nul}{...}
S~ 2 {size2}{...}
S: .
C: RETR 1
S~ +OK*
S= {nul} octets
C: RETR 2
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
