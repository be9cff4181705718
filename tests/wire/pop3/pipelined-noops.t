# Ten thousand commands of a client that does not read
checks: X-13
ref: RFC 2449 section 6.6
protocol: pop3
needs: pipelining

S~ +OK*
login
C| \{10000*NOOP\r\n}
repeat 10000 S~ +OK*
C| \{300*RETR 3\r\n}
C: STAT
repeat 300 S...
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
