# A parameter of MAIL that nobody knows
checks: M-15
ref: RFC 5321 section 4.1.1.11
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org> FOO=BAR
S~ 555*
C: MAIL FROM:<a@example.org> FOO
S~ 555*
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}> FOO=BAR
S~ 555*
C: QUIT
S~ 221*
S! closed
