# Greeting, EHLO and HELO
checks: M-1 M-2
ref: RFC 5321 sections 3.1, 3.2, 4.3.1
protocol: smtp

S~ 220 pop.example.net*
C: EHLO client.example
S= ehlo list
capa list has PIPELINING SIZE 8BITMIME SMTPUTF8 ENHANCEDSTATUSCODES CHUNKING STARTTLS
; what was never asked for is not there
capa list lacks AUTH ETRN BURL DSN BINARYMIME XCLIENT VRFY EXPN
C: HELO client.example
S~ 250 *
C: helo [192.0.2.1]
S~ 250 *
C: eHLo [IPv6:2001:db8::1]
S= ehlo again
C: QUIT
S~ 221*
S! closed
