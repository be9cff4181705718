# Text lines of 1000 octets are stored as they came
checks: M-9
ref: RFC 5321 section 4.5.3.1.6
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C: Subject: long
C:
C~ \{998*x}
C~ .\{998*.}
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1
stored wren 1 is
| Subject: long
|
| \{998*x}
| \{998*.}
