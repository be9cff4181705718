# Messages stored with LF, with CRLF and with both
checks: B-17
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: LF\n\none\ntwo\n
mail: Subject: CRLF\r\n\r\none\r\ntwo\r\n
mail: Subject: mixed\n\r\none\r\ntwo\nthree\r\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 25{...}
S~ 2 27{...}
S~ 3 35{...}
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
