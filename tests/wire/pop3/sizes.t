# LIST equals the octets sent, however a message is stored
checks: B-17 B-18 D-8
ref: RFC 1939 sections 3 and 11
protocol: pop3
mail: Subject: LF\n\none\ntwo\n
mail: Subject: CRLF\r\n\r\none\r\ntwo\r\n
mail: Subject: mixed\n\r\none\r\ntwo\nthree\r\n
mail: Subject: no end\n\nlast
mail: Subject: CRLF and no end\r\n\r\nlast
mail: Subject: NUL\n\na\0b\n\0\n
mail: Subject: bare CR\n\na\rb\n\r\r\nc\r
mail: Subject: long\n\n\{3000*x}\n
mail: Subject: eight bit\n\n\xff\xfe\x80\xa0\n
mail: \n
mail: \r\n
mail: \n\n\n
mail: \r
mail: x

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {a}
S~ 2 {b}
S~ 3 {c}
S~ 4 {d}
S~ 5 {e}
S~ 6 {f}
S~ 7 {g}
S~ 8 {h}
S~ 9 {i}
S~ 10 {j}
S~ 11 {k}
S~ 12 {l}
S~ 13 {m}
S~ 14 {n}
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
C: RETR 9
S~ +OK*
S= {i} octets
C: RETR 10
S~ +OK*
S= {j} octets
C: RETR 11
S~ +OK*
S= {k} octets
C: RETR 12
S~ +OK*
S= {l} octets
C: RETR 13
S~ +OK*
S= {m} octets
C: RETR 14
S~ +OK*
S= {n} octets
C: QUIT
S~ +OK*
S! closed
