# Each command starts the autologout timer again
checks: B-26
ref: RFC 1939 section 3
protocol: pop3
needs: idle=3
only: socket the machine has no clock
; B-26 says 9 of 10 minutes; here it is 1 of 3 seconds, four times

S~ +OK*
login
C: NOOP
S~ +OK*
pause 1
C: NOOP
S~ +OK*
pause 1
C: NOOP
S~ +OK*
pause 1
C: NOOP
S~ +OK*
pause 1
C: QUIT
S~ +OK*
S! closed
