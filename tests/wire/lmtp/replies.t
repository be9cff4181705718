# One reply for each accepted recipient, in order, duplicates too
checks: L-3
ref: RFC 2033 section 4.2
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C~ RCPT TO:<{stranger}>
either
S~ 55[0-9]*
C: DATA
S~ 354*
C: x
C: .
C: NOOP
C: QUIT
S~ 250*
S~ 250*
S~ 250*
S~ 221*
S! closed
or
S~ 250*
C: DATA
S~ 354*
C: x
C: .
C: NOOP
C: QUIT
S~ 250*
S~ 250*
S~ *
S~ 250*
S~ 221*
S! closed
end
