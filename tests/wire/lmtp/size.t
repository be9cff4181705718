# Too large, to each recipient
checks: M-14
ref: RFC 1870 section 6.2; RFC 2033 section 4.2
protocol: lmtp
needs: size=65536

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 250*
S~ 354*
C~ \{65536*x}
C: .
C: NOOP
S~ 552 5.3.4*
S~ 552 5.3.4*
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 0
