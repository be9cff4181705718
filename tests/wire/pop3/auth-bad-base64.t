# Base64 is strict
checks: A-6
ref: RFC 5034 section 4, RFC 4648 section 4
protocol: pop3

S~ +OK*
C: AUTH PLAIN AAA=BBB
S~ -ERR*
C: AUTH PLAIN =AAA
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: AUTH PLAIN A A=
S~ -ERR*
C: AUTH PLAIN AAAA*
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: AUTH PLAIN
S| +\s
C: AAA=BBB
S~ -ERR*
C: AUTH PLAIN
S| +\s
C: =AAA
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: AUTH PLAIN
S| +\s
C: A A=
S~ -ERR*
C: AUTH PLAIN
S| +\s
C: AAAA*
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
; the right message without its padding, and with bits that are not zero
C: AUTH PLAIN AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXI
S~ -ERR*
C: AUTH PLAIN AHdyZW4AaHVudGVyMh==
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
