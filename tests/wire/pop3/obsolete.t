# What RFC 1939 has dropped is not there
checks: B-47
ref: RFC 1939 section 3
protocol: pop3
needs: no-last
choice: no client needs it; a server may have more commands

S~ +OK*
C: RPOP wren
S~ -ERR*
login
C: LAST
S~ -ERR*
C: RPOP wren
S~ -ERR*
C: XTND XMIT
S~ -ERR*
C: XTND ARCHIVE
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
