# A message without a single octet has size 0 and an empty body
checks: D-7
ref: RFC 1939 sections 3 and 11 (it does not speak of such a message)
protocol: pop3
needs: exact top
mail: \{0*x}
choice: nothing is added

S~ +OK*
login
C: LIST 1
S~ +OK 1 0{...}
C: RETR 1
S~ +OK*
S: .
C: TOP 1 10
S~ +OK*
S: .
C: QUIT
S~ +OK*
S! closed
