# A source route is ignored (or refused)
checks: M-6
ref: RFC 5321 sections 4.1.1.3, F.2
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<@a.example,@b.example:{recipient}>
either
S~ 250*
or
S~ 5[0-9][0-9]*
end
C~ RCPT TO:<@a.example:{abroad}>
S~ 5[0-9][0-9]*
C: QUIT
S~ 221*
S! closed
