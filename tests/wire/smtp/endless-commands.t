# An endless command line is refused once
checks: M-26
ref: RFC 5321 section 4.5.3.1.9 (a server may close)
protocol: smtp
choice: a long line is no reason to close

S~ 220 *
C: EHLO client.example
S= ehlo list
C~ NOOP \{20000*x}QUIT
S~ 500*
C: NOOP
S~ 250*
C~ MAIL FROM:<a@example.org> \{10000*QUIT }
S~ 500*
C: QUIT
S~ 221*
S! closed
