# DATA when each recipient was refused
checks: L-2
ref: RFC 2033 section 4.2 (a server may know everybody)
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{stranger}>
either
S~ 55[0-9]*
C: DATA
S~ 503*
or
S~ 250*
end
C: QUIT
S~ 221*
S! closed
stored wren 0
