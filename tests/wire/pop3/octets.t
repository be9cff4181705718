# Each octet of a message arrives as it was stored
checks: B-17 B-18 D-21 D-23 D-24
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
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
mail: \r
mail: x
choice: nothing is replaced, NUL and bare CR neither

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 25
S: 2 27
S: 3 35
S: 4 25
S: 5 34
S: 6 24
S: 7 32
S: 8 3019
S: 9 28
S: 10 2
S: 11 3
S: 12 3
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
C: RETR 4
S~ +OK*
S= mail 4
C: RETR 5
S~ +OK*
S= mail 5
C: RETR 6
S~ +OK*
S= mail 6
C: RETR 7
S~ +OK*
S= mail 7
C: RETR 8
S~ +OK*
S= mail 8
C: RETR 9
S~ +OK*
S= mail 9
C: RETR 10
S~ +OK*
S= mail 10
C: RETR 11
S~ +OK*
S= mail 11
C: RETR 12
S~ +OK*
S= mail 12
C: QUIT
S~ +OK*
S! closed
