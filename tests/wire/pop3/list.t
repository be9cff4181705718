# LIST with and without an argument
checks: B-12 B-13
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 120
S: 2 200
S: 3 451
S: .
C: LIST 2
S: +OK 2 200
C: LIST 4
S~ -ERR*
C: LIST 0
S~ -ERR*
C: LIST -1
S~ -ERR*
C: LIST x
S~ -ERR*
C: LIST 2x
S~ -ERR*
C: LIST +2
S~ -ERR*
C: LIST 99999999999999999999
S~ -ERR*
C: LIST 18446744073709551617
S~ -ERR*
; 4294967298 is 2 modulo 2^32
C: LIST 4294967298
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
