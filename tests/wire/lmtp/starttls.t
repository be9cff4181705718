# STARTTLS in LMTP
checks: M-22
ref: RFC 3207 section 4.2
protocol: lmtp

S~ 220 *
C: LHLO client.example
S= ehlo list
C: STARTTLS
S~ 220*
tls
C: LHLO client.example
S= ehlo secure
capa secure lacks STARTTLS
C: MAIL FROM:<a@example.org>
S~ 250*
C: QUIT
S~ 221*
S! closed
