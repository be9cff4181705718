# Text sent before 354 is never taken for commands
checks: M-21
ref: RFC 2920 section 3.1
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
; no recipient: a server that answers DATA and goes on would execute QUIT
C: MAIL FROM:<a@example.org>
S~ 250*
C: DATA
C: RSET
C: .
S~ 5[0-9][0-9]*
either
S! closed
or
; it goes on: what was sent are commands
S~ 250*
S~ 500*
C: QUIT
S~ 221*
S! closed
end
stored wren 0
