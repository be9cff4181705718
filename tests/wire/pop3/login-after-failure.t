# After a refused password the next login works, or the server has closed
checks: B-10
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR*
C~ USER {user}
either
S~ +OK*
C~ PASS {password}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
