# An empty initial response is an attempt, and counted with the others
checks: D-20 D-47
ref: RFC 5034 section 4 (= is an empty response, not bad base64)
protocol: pop3
needs: plain failures=3
choice: limits are settings

S~ +OK*
C: AUTH PLAIN =
S~ -ERR*
C: AUTH PLAIN =
S~ -ERR*
C: AUTH PLAIN =
S~ -ERR*
S! closed
