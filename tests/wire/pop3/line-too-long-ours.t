# A longer line gets one -ERR, then the next line counts
checks: B-43
ref: RFC 2449 section 4 (what comes after 255 octets, it leaves open)
protocol: pop3
choice: a long line is no reason to close

S~ +OK*
login
C~ LIST \{300*2}
S~ -ERR*
C: NOOP
S~ +OK*
C~ \{5000*STAT }
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
; the end of a long line is not a command either
C~ \{300*x}\rSTAT
S~ -ERR*
C: LIST 2
S~ +OK 2 {size2}{...}
C: QUIT
S~ +OK*
S! closed
