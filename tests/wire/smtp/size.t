# SIZE: what MAIL announces
checks: M-13
ref: RFC 1870 section 6.1
protocol: smtp
needs: size=65536

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list has SIZE=65536
C: MAIL FROM:<a@example.org> SIZE=65537
S~ 552 5.3.4*
C: MAIL FROM:<a@example.org> SIZE=99999999999999999999
S~ 552 5.3.4*
C: MAIL FROM:<a@example.org> SIZE=x
S~ 501*
C: MAIL FROM:<a@example.org> SIZE=
S~ 501*
C: MAIL FROM:<a@example.org> SIZE=123456789012345678901
S~ 501*
C: MAIL FROM:<a@example.org> SIZE=65536
S~ 250*
C: QUIT
S~ 221*
S! closed
