# After a refused PASS the name is used up
checks: B-7
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR*
C~ PASS {password}
either
S~ -ERR*
or
S! closed
end
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
