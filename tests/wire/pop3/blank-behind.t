# A blank behind a command: taken or refused, one reply
checks: D-8
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
login
C~ LIST\s
either
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
or
S~ -ERR*
end
C~ STAT\s
either
S~ +OK 3 {size123}{...}
or
S~ -ERR*
end
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
