# A password with blanks inside
checks: B-9 D-9
ref: RFC 1939 section 7 (a server may take blanks so)
protocol: pop3
needs: blanks
choice: clients send what people have chosen

S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
