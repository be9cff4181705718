# Keywords in any case, status words in upper case
checks: B-2
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C~ user {user}
S~ +OK*
C~ PaSs {password}
S~ +OK*
C: sTaT
S~ +OK 3 {size123}{...}
C: list 2
S~ +OK 2 {size2}{...}
C: quit
S~ +OK*
S! closed
