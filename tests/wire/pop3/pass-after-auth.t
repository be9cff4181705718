# Nor may AUTH stand between USER and PASS
checks: B-7
ref: RFC 1939 section 7 ("immediately after")
protocol: pop3

S~ +OK*
C~ USER {user}
S~ +OK*
; a list of mechanisms, or no command at all
C: AUTH
either
S~ +OK*
S...
or
S~ -ERR*
end
C~ PASS {password}
S~ -ERR*
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
