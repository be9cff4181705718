# A message that travels in a circle
checks: M-25
ref: RFC 5321 section 6.3
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C~ \{99*Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000\r\n}received : by c
C:
C: x
C: .
S~ 554 5.4.6*
; not in the header
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Subject: x
C:
C~ \{100*Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000\r\n}
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
