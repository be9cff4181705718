# A command that ends with a bare LF is not taken, nor what follows
checks: M-11
ref: RFC 5321 section 2.3.8
protocol: smtp
choice: refused; a server may take them

S~ 220 *
C: EHLO client.example
S= ehlo list
C| MAIL FROM:<a@example.org>\nRSET\r\n
S~ 5[0-9][0-9]*
either
S! closed
or
; RSET, when the server goes on
S~ 250*
C: QUIT
S~ 221*
S! closed
end
