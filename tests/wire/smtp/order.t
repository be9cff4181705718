# Commands out of order
checks: M-3
ref: RFC 5321 sections 3.3, 4.1.4
protocol: smtp

S~ 220 *
C~ RCPT TO:<{recipient}>
S~ 503*
C: DATA
S~ 503*
C: EHLO client.example
S= ehlo list
C~ RCPT TO:<{recipient}>
S~ 503*
C: DATA
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C: DATA
S~ 5[05][34]*
C: MAIL FROM:<b@example.org>
S~ 503*
C~ RCPT TO:<{recipient}>
S~ 250*
C: MAIL FROM:<c@example.org>
S~ 503*
; the first MAIL and its RCPT still hold
C: DATA
S~ 354*
C: Subject: one
C:
C: one
C: .
S~ 250*
; the transaction is over
C~ RCPT TO:<{recipient}>
S~ 503*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| Subject: one
|
| one
