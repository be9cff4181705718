# RETR gives exactly the octets that LIST announces
checks: B-15 B-17 B-18 D-36
ref: RFC 1939 sections 3, 5 and 11
protocol: pop3
; message 1 is stored with LF, 2 with CRLF, 3 has no line end at its end

S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {a}{...}
S~ 2 {b}{...}
S~ 3 {c}{...}
S: .
C: RETR 1
S~ +OK*
S= {a} octets
C: RETR 2
S~ +OK*
S= {b} octets
C: RETR 3
S~ +OK*
S= {c} octets
C: QUIT
S~ +OK*
S! closed
