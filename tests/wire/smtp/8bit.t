# Eight bits arrive as they are
checks: M-16
ref: RFC 6152
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org> BODY=8BITMIME
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Subject: x
C:
C~ \xe4\xff\x80\xfe\xc3\xa4 \x01\x7f
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1 is
| Subject: x
|
| \xe4\xff\x80\xfe\xc3\xa4 \x01\x7f
