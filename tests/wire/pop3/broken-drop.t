# A maildrop that cannot be opened: -ERR, and no lock is left behind
checks: B-30 X-6
ref: RFC 1939 section 4, RFC 3206 section 4
protocol: pop3

store corrupt wren
connect
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[SYS/PERM]*
C: USER wren
either
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[SYS/PERM]*
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
connect 2
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[SYS/PERM]*
