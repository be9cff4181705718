# After so many failed logins the server closes
checks: D-10
ref: a limit against abuse; RFC 1939 section 4 allows closing at once
protocol: pop3
needs: failures=3

S~ +OK*
C: USER wren
S~ +OK*
C: PASS wrong
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:\0wren\0wrong}
S~ -ERR \[AUTH]*
C: USER wren
S~ +OK*
C: PASS wrong
S~ -ERR*
S! closed
