# BDAT LAST without a recipient: no reply for nobody
checks: L-5
ref: RFC 2033 section 4.3
protocol: lmtp
needs: chunking

S~ 220 *
C: LHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{stranger}>
either
S~ 55[0-9]*
C: BDAT 6 LAST
C| QUIT\r\n
C: NOOP once
S~ 250*
or
S~ 250*
end
C: QUIT
S~ 221*
S! closed
