# Lines that end in LF alone are taken one by one
checks: B-48
ref: RFC 1939 section 3
protocol: pop3
needs: lenient-crlf
choice: lenient

S~ +OK*
C| USER {user}\nPASS {password}\n
S~ +OK*
S~ +OK*
C| NOOP\nSTAT\n
S~ +OK*
S~ +OK 3 {size123}{...}
C| LIST 2\nLIST 3\r\nLIST 1\n
S~ +OK 2 {size2}{...}
S~ +OK 3 {size3}{...}
S~ +OK 1 {size1}{...}
C: QUIT
S~ +OK*
S! closed
