# A store that is down for the moment
checks: X-6
ref: RFC 3206 section 4 (what is temporary, the server judges)
protocol: pop3
choice: it comes back by itself

store down wren
connect
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ -ERR \[SYS/TEMP]*
C: QUIT
either
S~ +OK*
S! closed
or
S! closed
end
