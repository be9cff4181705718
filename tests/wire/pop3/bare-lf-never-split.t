# A bare LF ends a command for both sides or for none
checks: B-48
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
login
C| LIST 1\nLIST 2\r\n
either
S~ +OK 1 {size1}{...}
S~ +OK 2 {size2}{...}
or
S~ -ERR*
end
C: NOOP
either
S~ -ERR*
S~ +OK*
or
S~ +OK*
end
C: QUIT
S~ +OK*
S! closed
