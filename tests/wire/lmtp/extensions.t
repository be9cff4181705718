# What LHLO announces here
checks: L-6
ref: RFC 2033 section 5
protocol: lmtp
choice: these

S~ 220 *
C: LHLO client.example
S= ehlo list
capa list has PIPELINING ENHANCEDSTATUSCODES 8BITMIME CHUNKING SIZE SMTPUTF8
C: QUIT
S~ 221*
S! closed
