# After so many failed logins the server closes
checks: D-47
ref: a limit against abuse; RFC 1939 section 4 allows closing at once
protocol: pop3
needs: failures=3
choice: limits are settings

S~ +OK*
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:\0{user}\0wrong}
S~ -ERR \[AUTH]*
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR*
S! closed
