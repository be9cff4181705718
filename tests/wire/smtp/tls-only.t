# A listener that demands TLS
checks: M-22
ref: RFC 3207 section 4
protocol: smtp
needs: tls-only

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 530 5.7.0*
C~ RCPT TO:<{recipient}>
S~ 503*
C: STARTTLS
S~ 220*
tls
C: EHLO client.example
S= ehlo secure
C: MAIL FROM:<a@example.org>
S~ 250*
C: QUIT
S~ 221*
S! closed
