# [AUTH] for nothing else
checks: X-6
ref: RFC 3206 section 4 (it says when the code is sent, not when it is not)
protocol: pop3
needs: auth-resp-code
choice: a client would ask for another password

S~ +OK*
; a mistake of another kind has another answer
C: PASS x
S~ -ERR [!\[]*
C: AUTH FOO
S~ -ERR [!\[]*
login
C: RETR 9
S~ -ERR [!\[]*
C: QUIT
S~ +OK*
S! closed
