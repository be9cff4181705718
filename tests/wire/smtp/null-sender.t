# The null reverse-path
checks: M-23
ref: RFC 5321 section 4.5.5
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Subject: bounce
C:
C: x
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| Subject: bounce
|
| x
