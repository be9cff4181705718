# Who is a recipient here, and in which spellings
checks: M-4 M-5 M-6 M-7
ref: RFC 5321 sections 3.3, 4.1.1.3, 4.1.2
protocol: smtp
needs: exact
choice: which of the codes, and which names are none

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C: RCPT TO:<PostMaster@Example.Net>
S~ 250*
; no relay
C: RCPT TO:<wren@example.org>
S~ 550 5.7.1*
C: RCPT TO:<nobody@example.net>
S~ 550 5.1.1*
C: RCPT TO:<@a.example,@b.example:wren@example.net>
S~ 250*
C: RCPT TO:<"wren"@example.net>
S~ 250*
C: RCPT TO:<"w\ren"@example.net>
S~ 250*
; no space, no path, no domain
C: RCPT TO:<>
S~ 501*
C: RCPT TO:<wren>
S~ 501*
C: RCPT TO:wren@example.net
S~ 501*
C: RCPT wren@example.net
S~ 501*
; empty local part, what looks like a path in the file system
C: RCPT TO:<""@example.net>
S~ 5[0-9][0-9]*
C: RCPT TO:<../wren@example.net>
S~ 5[0-9][0-9]*
C: RCPT TO:<a/b@example.net>
S~ 5[0-9][0-9]*
C: RCPT TO:<%2f@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<\{300*a}@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<wr\0en@example.net>
S~ 5[0-9][0-9]*
C~ RCPT TO:<"wr\ren"@example.net>
S~ 5[0-9][0-9]*
C: QUIT
S~ 221*
S! closed
