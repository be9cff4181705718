# NOOP between USER and PASS
checks: D-10
ref: RFC 1939 sections 5 and 7
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
C: NOOP
S~ -ERR*
C~ PASS {password}
either
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S~ -ERR*
end
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
