# BDAT LAST: a reply for each recipient
checks: L-5
ref: RFC 2033 section 4.3
protocol: lmtp
needs: chunking

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C~ RCPT TO:<{other_recipient}>
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
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| a
| ..b
stored finch 1
