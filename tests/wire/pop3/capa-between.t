# CAPA between USER and PASS, as a proxy or a client sends it
checks: D-4
ref: RFC 1939 section 7 (PASS "immediately after"); clients behind nginx
protocol: pop3

S~ +OK*
C: USER wren
S~ +OK*
C: CAPA
S~ +OK*
S...
C: PASS correct horse battery
either
S~ +OK*
C: STAT
S: +OK 3 771
or
S~ -ERR*
login
end
C: QUIT
S~ +OK*
S! closed
