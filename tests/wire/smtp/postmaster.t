# There is a postmaster, in any case and without a domain
checks: M-4
ref: RFC 5321 section 4.5.1
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<postmaster@{domain}>
S~ 250*
C: RCPT TO:<Postmaster>
S~ 250*
C~ RCPT TO:<PostMaster@{domain}>
S~ 250*
C: QUIT
S~ 221*
S! closed
