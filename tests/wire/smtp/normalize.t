# No message inside a message: repaired for a trusted peer
checks: M-11
ref: RFC 5321 sections 2.3.8, 4.1.1.4; CERT VU#302671
protocol: smtp
needs: normalize

S~ 220 *
C: EHLO client.example
S= ehlo list
; LF . LF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\n.\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 1
stored wren 1 is
| text
| .
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; LF . CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\n.\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 2
stored wren 2 is
| text
| .
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CRLF . LF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r\n.\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 3
stored wren 3 is
| text
|
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CR . CR
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r.\r
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 4
stored wren 4 is
| text . MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CR . CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r.\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 5
stored wren 5 is
| text .
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CRLF . CR
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r\n.\r
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 6
stored wren 6 is
| text
|  MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; LF CR . CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\n\r.\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 7
stored wren 7 is
| text
|  .
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CRLF . CR CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r\n.\r\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 8
stored wren 8 is
| text
| \s
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; LF . CRLF at the start
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| \n.\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 250*
stored wren 9
stored wren 9 is
|
| .
| MAIL FROM:<evil@example.org>
| RCPT TO:<finch@example.net>
| DATA
| evil
; CRLF NUL . CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r\n\0.\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 550*
; CRLF . NUL CRLF
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C| text\r\n.\0\r\n
C~ MAIL FROM:<evil@example.org>\r\nRCPT TO:<{other_recipient}>\r\nDATA\r\nevil
C: .
S~ 550*
C: QUIT
S~ 221*
S! closed
stored finch 0
