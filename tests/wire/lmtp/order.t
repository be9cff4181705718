# A transaction begins with MAIL
checks: M-3
ref: RFC 5321 sections 3.3, 4.1.4
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C~ RCPT TO:<{recipient}>
S~ 503*
C: QUIT
S~ 221*
S! closed
