# What CAPA announces works
checks: X-4
ref: RFC 2449 section 6
protocol: pop3

S~ +OK*
C: CAPA
S~ +OK*
S= capa list
capa list has TOP UIDL USER SASL=PLAIN PIPELINING
C~ AUTH PLAIN {base64:\0wren\0correct horse battery}
S~ +OK*
C: TOP 1 0
C: UIDL
S~ +OK*
S= mail 1 top 0
S~ +OK*
S= uidl
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: USER wren
C: PASS correct horse battery
repeat 2 S~ +OK*
C: QUIT
S~ +OK*
S! closed
