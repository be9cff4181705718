# Nothing stands behind the numbers of STAT and LIST
checks: B-11 B-12 B-13
ref: RFC 1939 section 5 (it strongly discourages more)
protocol: pop3
choice: there are clients that take it for a part of the number

S~ +OK*
login
C: STAT
S~ +OK 3 {size123}
C: LIST 2
S~ +OK 2 {size2}
C: LIST
S~ +OK*
S~ 1 {size1}
S~ 2 {size2}
S~ 3 {size3}
S: .
C: QUIT
S~ +OK*
S! closed
