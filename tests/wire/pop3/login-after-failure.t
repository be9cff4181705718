# After a refused password the next login works, or the server has closed
checks: B-10
ref: RFC 1939 section 4
protocol: pop3

S~ +OK*
C: USER wren
S~ +OK*
C: PASS wrong
S~ -ERR*
C: USER wren
either
S~ +OK*
C: PASS correct horse battery
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
