# LIST equals the octets sent, however a message is stored
checks: B-17 B-18
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: LF\n\none\ntwo\n
mail: Subject: CRLF\r\n\r\none\r\ntwo\r\n
mail: Subject: mixed\n\r\none\r\ntwo\nthree\r\n
mail: Subject: eight bit\n\n\xff\xfe\x80\xa0\n
mail: Subject: dots\n\n.\n..\n.x\n
mail: \n
mail: \r\n
mail: \n\n\n

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {a}{...}
S~ 2 {b}{...}
S~ 3 {c}{...}
S~ 4 {d}{...}
S~ 5 {e}{...}
S~ 6 {f}{...}
S~ 7 {g}{...}
S~ 8 {h}{...}
S: .
C: RETR 1
S~ +OK*
S= {a} octets
C: RETR 2
S~ +OK*
S= {b} octets
C: RETR 3
S~ +OK*
S= {c} octets
C: RETR 4
S~ +OK*
S= {d} octets
C: RETR 5
S~ +OK*
S= {e} octets
C: RETR 6
S~ +OK*
S= {f} octets
C: RETR 7
S~ +OK*
S= {g} octets
C: RETR 8
S~ +OK*
S= {h} octets
C: QUIT
S~ +OK*
S! closed
