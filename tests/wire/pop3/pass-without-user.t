# PASS needs a USER immediately before it
checks: B-6 B-7
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
C: PASS correct horse battery
S~ -ERR*
C: USER wren
S~ +OK*
C: STAT
S~ -ERR*
C: PASS correct horse battery
S~ -ERR*
; and after a refused PASS the name is used up
C: USER wren
S~ +OK*
C: PASS wrong
S~ -ERR*
C: PASS correct horse battery
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
