# LHLO, and neither EHLO nor HELO
checks: L-1 L-6
ref: RFC 2033 sections 4.1, 5
protocol: lmtp

S~ 220 {host}{...}
C: EHLO client.example
S~ 500*
C: HELO client.example
S~ 500*
C: LHLO client.example
S= ehlo list
capa list has PIPELINING ENHANCEDSTATUSCODES
C: NOOP
S~ 250*
C: QUIT
S~ 221*
S! closed
