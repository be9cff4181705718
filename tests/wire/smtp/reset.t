# RSET and EHLO end a transaction; what needs no greeting
checks: M-3
ref: RFC 5321 sections 4.1.1.5, 4.1.4
protocol: smtp

S~ 220 *
C: RSET
S~ 250*
C: NOOP
S~ 250*
C: VRFY wren
S~ 252*
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C: RCPT TO:<wren@example.net>
C: RSET
C: RCPT TO:<wren@example.net>
S~ 250*
S~ 250*
S~ 250*
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C: RCPT TO:<wren@example.net>
S~ 250*
C: EHLO client.example
S= ehlo again
C: RCPT TO:<wren@example.net>
S~ 503*
; an EHLO that is refused changes nothing
C: MAIL FROM:<a@example.org>
S~ 250*
C: EHLO
S~ 501*
C: RCPT TO:<wren@example.net>
S~ 250*
C: DATA now
S~ 501*
C: RSET now
S~ 501*
C: QUIT now
S~ 501*
C: QUIT
S~ 221*
S! closed
stored wren 0
