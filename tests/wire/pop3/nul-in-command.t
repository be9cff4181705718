# A NUL does not belong in a command
checks: B-44 D-22
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C~ USER {user}\0
either
S~ -ERR*
or
S! closed
end
connect 2
S~ +OK*
C~ US\0ER {user}
either
S~ -ERR*
or
S! closed
end
connect 3
S~ +OK*
C~ \0
either
S~ -ERR*
or
S! closed
end
connect 4
S~ +OK*
login
C~ LIST 2\0
either
S~ -ERR*
C~ STAT\0STAT
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
