# [AUTH] for credentials that are wrong in AUTH
checks: X-6
ref: RFC 2449 section 8, RFC 3206
protocol: pop3
needs: auth-resp-code plain

S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0wrong}
S~ -ERR \[AUTH]*
