# STARTTLS: back to the beginning
checks: M-22
ref: RFC 3207 section 4.2
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list has STARTTLS
C: STARTTLS now
S~ 501*
C: STARTTLS
S~ 220*
tls
C: EHLO client.example
S= ehlo secure
capa secure lacks STARTTLS
capa secure has PIPELINING
C: STARTTLS
S~ 503*
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C: x
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
