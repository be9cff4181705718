# A transaction needs LHLO
checks: M-3
ref: RFC 2033 section 4.1, RFC 5321 section 4.1.4
protocol: lmtp

S~ 220 *
C: MAIL FROM:<a@example.org>
S~ 503*
C: LHLO client.example
S= ehlo list
C~ RCPT TO:<{recipient}>
S~ 503*
C: QUIT
S~ 221*
S! closed
