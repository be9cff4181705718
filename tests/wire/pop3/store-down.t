# A store that is down for the moment
checks: X-6
ref: RFC 3206 section 4
protocol: pop3

store down wren
connect
S~ +OK*
C: USER wren
S~ +OK*
C: PASS correct horse battery
S~ -ERR \[SYS/TEMP]*
C: QUIT
either
S~ +OK*
S! closed
or
S! closed
end
