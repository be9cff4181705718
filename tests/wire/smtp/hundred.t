# A hundred recipients of one message
checks: M-8
ref: RFC 5321 section 4.5.3.1.8
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ \{99*RCPT TO:<{recipient}>\r\n}RCPT TO:<{other_recipient}>
C: DATA
S~ 250*
repeat 100 S~ 250*
S~ 354*
C: x
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored finch 1
