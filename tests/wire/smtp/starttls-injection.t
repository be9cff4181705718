# What comes behind STARTTLS in the clear is never executed
checks: M-22
ref: RFC 3207 section 4.2; CVE-2011-0411
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: STARTTLS
C: EHLO evil.example
C: MAIL FROM:<evil@example.org>
C~ RCPT TO:<{recipient}>
either
S~ 220*
try tls
; neither was MAIL, so RCPT has nothing to follow
C~ RCPT TO:<{recipient}>
S~ 503*
or
S~ 5*
S! closed
end
