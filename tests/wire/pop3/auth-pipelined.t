# An exchange may be sent in one go
checks: A-1 D-5
ref: RFC 5034 section 4, RFC 2449 section 6.6
protocol: pop3

S~ +OK*
C: AUTH PLAIN
C~ {base64:\0wren\0correct horse battery}
C: STAT
C: QUIT
S| +\s
S~ +OK*
S: +OK 3 771
S~ +OK*
S! closed
