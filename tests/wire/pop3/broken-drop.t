# A maildrop that cannot be opened: -ERR, and no lock is left behind
checks: B-30
ref: RFC 1939 section 4
protocol: pop3

store corrupt wren
connect
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ -ERR*
C~ USER {user}
either
S~ +OK*
C~ PASS {password}
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
connect 2
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ -ERR*
