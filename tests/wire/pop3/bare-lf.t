# Lines that end in LF alone are taken one by one
checks: B-48
ref: RFC 1939 section 3 (our choice: lenient)
protocol: pop3
needs: lenient-crlf

S~ +OK*
C| USER wren\nPASS correct horse battery\n
S~ +OK*
S~ +OK*
C| NOOP\nSTAT\n
S~ +OK*
S: +OK 3 771
C| LIST 2\nLIST 3\r\nLIST 1\n
S: +OK 2 200
S: +OK 3 451
S: +OK 1 120
; a CR elsewhere ends nothing
C| LIST 1\rLIST 2\n
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
