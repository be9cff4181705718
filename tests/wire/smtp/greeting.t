# Greeting, EHLO and HELO
checks: M-1 M-2
ref: RFC 5321 sections 3.1, 3.2, 4.3.1
protocol: smtp

S~ 220 {host}{...}
C: EHLO client.example
S= ehlo list
C: HELO client.example
S~ 250 *
C: eHLo [IPv6:2001:db8::1]
S= ehlo again
C: QUIT
S~ 221*
S! closed
