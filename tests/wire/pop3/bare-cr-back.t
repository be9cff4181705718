# ... and does not come back in a reply
checks: B-45
ref: RFC 2449 section 3 (what a reply is made of)
protocol: pop3

S~ +OK*
login
C~ LIST 1\rLIST 2
S~ *
C~ RETR x\ry
S~ -ERR*
C~ F\rOO
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
