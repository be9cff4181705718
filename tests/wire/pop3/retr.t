# RETR gives exactly the octets that LIST announces
checks: B-15 B-17 B-18
ref: RFC 1939 sections 3, 5 and 11
protocol: pop3
; message 1 is stored with LF, 2 with CRLF, 3 has no line end at its end

S~ +OK*
login
C: RETR 1
S~ +OK*
S= 120 octets
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
