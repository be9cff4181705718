# A refused message is refused to each recipient, and read to its end
checks: M-11
ref: RFC 2033 section 4.2; RFC 5321 section 2.3.8
protocol: lmtp
choice: refused; a server may repair them instead

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C~ RCPT TO:<{other_recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 250*
S~ 354*
C| text\n.\r\n
C: MAIL FROM:<evil@example.org>
C~ RCPT TO:<{other_recipient}>
C: .
C: NOOP
S~ 550*
S~ 550*
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 0
stored finch 0
