# [AUTH] for credentials that are wrong
checks: X-6
ref: RFC 2449 section 8, RFC 3206
protocol: pop3
needs: auth-resp-code

S~ +OK*
C~ USER {user}
S~ +OK*
C: PASS wrong
S~ -ERR \[AUTH]*
connect 2
S~ +OK*
C~ USER {nobody}
either
S~ +OK*
C: PASS x
S~ -ERR \[AUTH]*
or
S~ -ERR*
end
