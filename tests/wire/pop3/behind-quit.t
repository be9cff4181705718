# Nothing behind QUIT is done, and its reply still arrives
checks: X-12
ref: RFC 1939 section 6 (it closes; what else was sent may cost the reply)
protocol: pop3
needs: pipelining
choice: the last reply is worth waiting for

S~ +OK*
login
C: QUIT
C: DELE 1
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
