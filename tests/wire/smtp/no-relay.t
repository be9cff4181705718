# Mail for others is refused
checks: M-5
ref: RFC 5321 sections 3.3, 3.6
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{abroad}>
S~ 55[0-9]*
C~ RCPT TO:<{recipient}>
S~ 250*
C: QUIT
S~ 221*
S! closed
