# Command lines: 512 octets must be taken, an endless one is refused once
checks: M-26
ref: RFC 5321 sections 4.5.3.1.4, 4.5.3.1.9
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C~ NOOP \{505*x}
S~ 250*
C~ NOOP \{20000*x}QUIT
S~ 500*
C: NOOP
S~ 250*
C~ MAIL FROM:<a@example.org> \{10000*QUIT }
S~ 500*
C: QUIT
S~ 221*
S! closed
