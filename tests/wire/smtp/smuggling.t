# No message inside a message: refused up to the true end
checks: M-11
ref: RFC 5321 sections 2.3.8, 4.1.1.4; CERT VU#302671
protocol: smtp
choice: refused; a server may repair them instead

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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
S~ 550*
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
C: NOOP
S~ 250*
; the same in chunks
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
S~ 250*
S~ 250*
C: BDAT 5 LAST
C| a\n.\r\n
S~ 550*
C: QUIT
S~ 221*
S! closed
stored wren 0
stored finch 0
