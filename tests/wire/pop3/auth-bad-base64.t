# What is not base64 is refused
checks: A-6
ref: RFC 5034 section 4, RFC 4648 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN AAA=BBB
S~ -ERR*
connect 2
S~ +OK*
C: AUTH PLAIN =AAA
S~ -ERR*
connect 3
S~ +OK*
C: AUTH PLAIN A A=
S~ -ERR*
connect 4
S~ +OK*
C: AUTH PLAIN AAAA*
S~ -ERR*
connect 5
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
