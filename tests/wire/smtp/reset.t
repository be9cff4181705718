# RSET and EHLO end a transaction; what needs no greeting
checks: M-3
ref: RFC 5321 sections 4.1.1.5, 4.1.4
protocol: smtp

S~ 220 *
C: RSET
S~ 250*
C: NOOP
S~ 250*
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: RSET
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: EHLO client.example
S= ehlo again
C~ RCPT TO:<{recipient}>
S~ 503*
C: QUIT
S~ 221*
S! closed
