# No argument makes a reply longer than 512 octets
checks: B-45
ref: RFC 1939 section 3, RFC 2449 section 4
protocol: pop3

S~ +OK*
C~ \{253*F}
S~ -ERR*
C~ AUTH \{240*F}
S~ -ERR*
login
C~ RETR \{247*9}
S~ -ERR*
C~ TOP \{120*9} \{120*9}
S~ -ERR*
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
