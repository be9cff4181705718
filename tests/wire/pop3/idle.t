# Autologout: the server closes, says nothing and removes nothing
checks: B-25
ref: RFC 1939 section 3
protocol: pop3
needs: idle=2
only: socket the machine has no clock

S~ +OK*
login
C: DELE 1
S~ +OK*
S! closed within 30
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
