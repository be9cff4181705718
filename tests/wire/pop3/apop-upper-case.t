# A digest in upper case is none
checks: B-39
ref: RFC 1939 section 7 (sent in lower case; what else is taken, it does not say)
protocol: pop3
needs: apop
choice: one form of a digest is enough

S~ +OK*{<a>}*
C~ APOP {user} {md5upper:{a}{password}}
S~ -ERR*
