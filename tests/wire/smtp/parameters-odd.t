# Parameters that cannot be
checks: M-15
ref: RFC 5321 sections 4.1.1.11, 4.1.2; RFC 6152
protocol: smtp
choice: which of the codes for what

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org> FOO=BAR
S~ 555 5.5.4*
C: MAIL FROM:<a@example.org> BODY=BINARYMIME
S~ 5[0-9][0-9]*
C: MAIL FROM:<a@example.org> BODY=9BIT
S~ 501*
C: MAIL FROM:<a@example.org> SMTPUTF8=yes
S~ 501*
C: MAIL FROM:<a@example.org> SIZE=10 SIZE=10
S~ 501*
C: MAIL FROM:<a@example.org>SIZE=10
S~ 501*
C: mail from:<a@example.org> body=7bit size=10
S~ 250*
C: RCPT TO:<wren@example.net> NOTIFY=NEVER
S~ 555 5.5.4*
C: QUIT
S~ 221*
S! closed
