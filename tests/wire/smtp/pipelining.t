# Pipelined commands are answered in order
checks: M-21
ref: RFC 2920 section 3.2
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list has PIPELINING
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{recipient}>
C~ RCPT TO:<{abroad}>
C~ RCPT TO:<{other_recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 55[0-9]*
S~ 250*
S~ 354*
; the end of a message may be followed by the next transaction
C: one
C: .
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{other_recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 250*
S~ 354*
C: two
C: .
C: QUIT
S~ 250*
S~ 221*
S! closed
stored wren 1
stored finch 2
stored finch 2 is
| two
