# Lines that begin with a dot
checks: M-10
ref: RFC 5321 section 4.5.2
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
C: ..first
C:
C: ..x
C: ..
C: ...
C: .y
C: z.
C: .
S~ 250*
; an empty message is one too
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{other_recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| .first
|
| .x
| .
| ..
| y
| z.
stored finch 1
