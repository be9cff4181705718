# The whole rest of the line is the password
checks: B-9 D-9
ref: RFC 1939 section 7 (a server may take blanks so)
protocol: pop3
user: heron  two  spaces, one in front
user: crane one behind\s
user: stork \s\s
choice: a password is its octets

S~ +OK*
C: USER heron
S~ +OK*
C: PASS two  spaces, one in front
S~ -ERR*
C: USER heron
S~ +OK*
C: PASS  two spaces, one in front
S~ -ERR*
C: USER heron
S~ +OK*
C: PASS  two  spaces, one in front
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: USER crane
S~ +OK*
C: PASS one behind
S~ -ERR*
C: USER crane
S~ +OK*
C~ PASS one behind\s
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: USER stork
S~ +OK*
C~ PASS \s
S~ -ERR*
C: USER stork
S~ +OK*
C~ PASS \s\s
S~ +OK*
C: QUIT
S~ +OK*
S! closed
