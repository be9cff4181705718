# What EHLO announces here
checks: M-1 M-2
ref: RFC 5321 section 4.1.1.1
protocol: smtp
choice: these, and no more

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list has PIPELINING SIZE 8BITMIME SMTPUTF8 ENHANCEDSTATUSCODES CHUNKING STARTTLS
; what was never asked for is not there
capa list lacks AUTH ETRN BURL DSN BINARYMIME XCLIENT VRFY EXPN
C: helo [192.0.2.1]
S~ 250 *
C: QUIT
S~ 221*
S! closed
