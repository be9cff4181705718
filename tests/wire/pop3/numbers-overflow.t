# Numbers that no counter holds
checks: B-13
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST 99999999999999999999
S~ -ERR*
C: LIST 18446744073709551617
S~ -ERR*
; 4294967298 is 2 modulo 2^32
C: LIST 4294967298
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
