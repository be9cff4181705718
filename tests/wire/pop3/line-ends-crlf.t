# Messages stored with CRLF, and with both: LIST says what RETR gives
checks: B-17
ref: RFC 1939 section 11
protocol: pop3
needs: exact
mail: Subject: CRLF\r\n\r\none\r\ntwo\r\n
mail: Subject: mixed\n\r\none\r\ntwo\nthree\r\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {a}{...}
S~ 2 {b}{...}
S: .
C: RETR 1
S~ +OK*
S= {a} octets
C: RETR 2
S~ +OK*
S= {b} octets
C: QUIT
S~ +OK*
S! closed
