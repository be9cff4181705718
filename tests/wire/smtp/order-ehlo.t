# A transaction needs EHLO
checks: M-3
ref: RFC 5321 section 4.1.4 (what a client must do)
protocol: smtp
choice: who sends mail says a name first, after TLS once more

S~ 220 *
C: MAIL FROM:<a@example.org>
S~ 503*
C: EHLO client.example
S= ehlo list
C: STARTTLS
S~ 220*
tls
C: MAIL FROM:<a@example.org>
S~ 503*
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C: QUIT
S~ 221*
S! closed
