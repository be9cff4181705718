# LAST, where it is on
checks: B-46
ref: RFC 1460 section 5
protocol: pop3
needs: last

S~ +OK*
login
C: LAST
S~ +OK 0*
C: RETR 2
S~ +OK*
S= mail 2
C: LAST
S~ +OK 2*
C: RETR 1
S~ +OK*
S= mail 1
C: LAST
S~ +OK 2*
C: RSET
S~ +OK*
C: LAST
S~ +OK 0*
C: QUIT
S~ +OK*
S! closed
