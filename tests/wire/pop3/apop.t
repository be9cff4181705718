# APOP with the right, a wrong and an upper-case digest
checks: B-39
ref: RFC 1939 section 7
protocol: pop3
needs: apop

S~ +OK*{<stamp>}*
C~ APOP wren {md5:{stamp}wrong}
S~ -ERR*
; RFC 1939: sent in lower case
C~ APOP wren {md5upper:{stamp}correct horse battery}
S~ -ERR*
C~ APOP nobody {md5:{stamp}correct horse battery}
S~ -ERR*
C: APOP wren
S~ -ERR*
C~ APOP wren {md5:{stamp}correct horse battery}
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
