# Command lines of 512 octets are taken
checks: M-26
ref: RFC 5321 section 4.5.3.1.4
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C~ NOOP \{505*x}
S~ 250*
C: QUIT
S~ 221*
S! closed
