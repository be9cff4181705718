# One of the mailboxes is full
checks: L-4
ref: RFC 2033 section 4.2
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
store full finch
C: MAIL FROM:<a@example.org>
C~ RCPT TO:<{other_recipient}>
C~ RCPT TO:<{recipient}>
S~ 250*
either
S~ 250*
S~ 250*
C: DATA
S~ 354*
C: x
C: .
S~ 45[12]*
S~ 250*
or
; or it says so at once (452: no room, 451: it cannot be written)
S~ 45[12]*
S~ 250*
C: DATA
S~ 354*
C: x
C: .
S~ 250*
end
C: QUIT
S~ 221*
S! closed
stored wren 1
stored finch 0
