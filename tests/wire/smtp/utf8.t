# Addresses beyond ASCII need SMTPUTF8
checks: M-17
ref: RFC 6531 sections 3.1, 3.5
protocol: smtp
needs: smtputf8

S~ 220 *
C: EHLO client.example
S= ehlo list
C~ MAIL FROM:<\xc3\xa4@example.org>
S~ 55[03] 5.6.7*
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<\xc3\xa4dam@example.net>
S~ 553 5.6.7*
C: RSET
S~ 250*
C~ MAIL FROM:<\xc3\xa4@b\xc3\xbc.example> SMTPUTF8
S~ 250*
C~ RCPT TO:<\xc3\xa4dam@example.net>
; understood; nobody has that name
S~ 55[0-9]*
C~ RCPT TO:<{recipient}>
S~ 250*
C~ RCPT TO:<\xc3\xb6@example.net>
S~ 55[0-9]*
; malformed, overlong, surrogate, C1 control character
C~ RCPT TO:<\xff@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<\xc0\xafwren@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<\xed\xa0\x80@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<\xc2\x85@example.net>
S~ 5[0-9][0-9]*
C: DATA
S~ 354*
C~ Subject: \xc3\xa4
C:
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| Subject: \xc3\xa4
|
