# Longer ones too
checks: M-9
ref: RFC 5321 section 4.5.3.1.6 (a server may refuse them)
protocol: smtp
choice: a store has no use for line lengths

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Subject: long
C:
C~ \{65536*0123456789abcdef}
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| Subject: long
|
| \{65536*0123456789abcdef}
