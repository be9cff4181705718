# A second USER replaces the first
checks: D-11
ref: RFC 1939 section 7 (our choice: a name holds until the next)
protocol: pop3

S~ +OK*
C: USER finch
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
