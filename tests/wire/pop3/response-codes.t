# [AUTH] for credentials that are wrong, and only there
checks: X-6 X-7
ref: RFC 2449 section 8, RFC 3206
protocol: pop3

S~ +OK*
C: USER nobody
S~ +OK*
C: PASS x
S~ -ERR \[AUTH]*
C: USER wren
S~ +OK*
C: PASS wrong
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:\0wren\0wrong}
S~ -ERR \[AUTH]*
; a mistake of another kind has another answer
C: PASS x
S~ -ERR [!\[]*
C: AUTH FOO
S~ -ERR [!\[]*
C: QUIT
S~ +OK*
S! closed
