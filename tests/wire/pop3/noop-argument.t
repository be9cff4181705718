# NOOP with an argument: taken or refused, one reply
checks: D-8
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: NOOP x
either
S~ +OK*
or
S~ -ERR*
end
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
