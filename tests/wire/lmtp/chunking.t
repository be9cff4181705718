# BDAT LAST: a reply for each recipient, and none for none
checks: L-5
ref: RFC 2033 section 4.3
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C: RCPT TO:<wren@example.net>
C: RCPT TO:<finch@example.net>
C: BDAT 3
C| a\r\n
C: BDAT 5 LAST
C| ..b\r\n
C: NOOP again
S~ 250*
S~ 250*
S~ 250*
S~ 250*
S~ 250*
S~ 250*
S~ 250*
C: MAIL FROM:<a@example.org>
C: RCPT TO:<nobody@example.net>
C: BDAT 6 LAST
C| QUIT\r\n
C: VRFY wren
S~ 250*
S~ 550*
S~ 252*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| a
| ..b
stored finch 1
