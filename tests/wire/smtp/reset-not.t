# What is refused ends no transaction
checks: M-3
ref: RFC 5321 sections 4.1.1.5, 4.1.4
protocol: smtp
choice: arguments where none belong are 501

S~ 220 *
C: VRFY wren
S~ 252*
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C: EHLO
S~ 501*
C~ RCPT TO:<{recipient}>
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
