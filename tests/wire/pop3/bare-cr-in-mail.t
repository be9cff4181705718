# A bare CR in a message: LIST says what RETR gives
checks: D-23
ref: RFC 1939 section 11
protocol: pop3
needs: exact
mail: Subject: bare CR\n\na\rb\n\r\r\nc\r\n
mail: Subject: behind\n\nbehind\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {bare}{...}
S~ 2 {size2}{...}
S: .
C: RETR 1
S~ +OK*
S= {bare} octets
C: RETR 2
S~ +OK*
S= mail 2
C: QUIT
S~ +OK*
S! closed
