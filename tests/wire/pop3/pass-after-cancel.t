# Nor may an exchange that was cancelled
checks: B-7
ref: RFC 1939 section 7 ("immediately after"), section 4 (it may close)
protocol: pop3
needs: plain

S~ +OK*
C~ USER {user}
S~ +OK*
C: AUTH PLAIN
either
S| +\s
C: *
S~ -ERR*
or
S~ -ERR*
end
C~ PASS {password}
either
S~ -ERR*
or
S! closed
end
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
