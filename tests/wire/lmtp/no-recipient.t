# DATA without a recipient
checks: L-2
ref: RFC 2033 section 4.2
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C: DATA
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C: DATA
S~ 503*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C: x
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
