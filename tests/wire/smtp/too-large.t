# A message that is too large is read whole, then refused
checks: M-14
ref: RFC 1870 section 6.2, RFC 5321 section 4.1.1.4
protocol: smtp
needs: size=65536

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C~ \{65535*x}
C: NOOP
C: .
S~ 552 5.3.4*
; exactly as large as may be: the CRLFs count, the stuffed dot does not
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C~ ..\{65533*x}
C: .
S~ 250*
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C: BDAT 40000
C| \{40000*x}
C: BDAT 40000 LAST
C| \{40000*x}
C: NOOP
S~ 250*
S~ 250*
S~ 250*
S~ 552 5.3.4*
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| .\{65533*x}
