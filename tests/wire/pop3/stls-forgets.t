# What was said before STLS is forgotten
checks: T-5
ref: RFC 2595 section 4 (what the client knows of the server is; of a name it does not speak)
protocol: pop3
needs: tls clear
choice: who spoke before TLS is not known

S~ +OK*
C~ USER {user}
S~ +OK*
C: STLS
S~ +OK*
tls
C~ PASS {password}
S~ -ERR*
login
C: QUIT
S~ +OK*
S! closed
