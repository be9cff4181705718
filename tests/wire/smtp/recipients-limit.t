# More recipients than the server wants
checks: M-8
ref: RFC 5321 section 4.5.3.1.10
protocol: smtp
choice: limits are settings
needs: recipients=100

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{other_recipient}>
C~ RCPT TO:<{stranger}>
C| \{98*RCPT TO:<{recipient}>\r\n}
C~ RCPT TO:<{recipient}>
C~ RCPT TO:<{other_recipient}>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 55[0-9]*
repeat 99 S~ 250*
S~ 452 4.5.3*
S~ 452 4.5.3*
S~ 354*
C: x
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored finch 1
