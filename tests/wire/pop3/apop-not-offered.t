# Without a timestamp APOP is refused
checks: B-41
ref: RFC 1939 section 7
protocol: pop3
needs: no-apop

S~ +OK*
C: APOP wren c4c9334bac560ecc979e58001b3e22fb
S~ -ERR*
C~ APOP wren {md5:correct horse battery}
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
