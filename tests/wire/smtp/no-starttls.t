# STARTTLS that cannot be had
checks: M-22
ref: RFC 3207 section 4
protocol: smtp
needs: no-tls

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list lacks STARTTLS
C: STARTTLS
S~ 50[0-9]*
C: NOOP
S~ 250*
C: QUIT
S~ 221*
S! closed
