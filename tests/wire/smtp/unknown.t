# Unknown commands, up to the limit
checks: M-26
ref: RFC 5321 sections 3.8, 7.8
protocol: smtp
choice: limits are settings
needs: bad=5

S~ 220 *
C: EHLO client.example
S= ehlo list
C: XYZZY
S~ 500*
C: MAI FROM:<a@example.org>
S~ 500*
C:
S~ 500*
C: EXPN staff
S~ 50[0-9]*
C: NOOP
S~ 250*
C: LHLO client.example
S~ 500*
C: XYZZY
S~ 421 4.7.0*
S! closed
