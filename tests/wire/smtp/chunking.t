# BDAT: octets as they are, in any state
checks: M-18 M-19 M-20
ref: RFC 3030 section 2
protocol: smtp
needs: chunking

S~ 220 *
; in a bad state the octets are not commands
C: BDAT 6
C| QUIT\r\n
S~ 503*
C: EHLO client.example
S= ehlo list
C: BDAT 6 LAST
C| QUIT\r\n
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C: BDAT 100
C| \{50*x\n}
S~ 50[0-9]*
C: RSET
S~ 250*
; no stuffing
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: BDAT 10
C| ..x\r\n.\r\n..
C: BDAT 3
C| \r\n.
C: BDAT 2
C| \r\n
C: BDAT 0 LAST
S~ 250*
S~ 250*
S~ 250*
S~ 250*
S~ 250*
S~ 250*
; DATA does not go with BDAT
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: BDAT 3
C| x\r\n
C: DATA
S~ 250*
S~ 250*
S~ 250*
S~ 503*
C: RSET
S~ 250*
; nor another recipient
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: BDAT 3
C| x\r\n
C~ RCPT TO:<{other_recipient}>
C: RSET
S~ 250*
S~ 250*
S~ 250*
S~ 503*
S~ 250*
; a chunk larger than can be counted
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
S~ 250*
S~ 250*
C: BDAT 18446744073709551616 LAST
C: QUIT
S~ 5[0-9][0-9]*
S! closed
stored wren 1
stored wren 1 is
| ..x
| .
| ..
| .
