# Who may not act for somebody else gets [AUTH]
checks: A-15
ref: RFC 4616 section 2; RFC 3206 section 4 (what is a matter of credentials, it leaves open)
protocol: pop3
needs: plain auth-resp-code
choice: it is the credentials that are wrong

S~ +OK*
C~ AUTH PLAIN {base64:{other}\0{user}\0{password}}
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:{user}\0{other}\0{password}}
S~ -ERR \[AUTH]*
