# A name in brackets never comes back as a response code
checks: X-8
ref: RFC 2449 section 6.4
protocol: pop3
user: [AUTH] secret
choice: such a name is a name

S~ +OK*
C: USER [AUTH]
S~ +OK*
C: PASS secret
S~ +OK*
C: QUIT
S~ +OK*
S! closed
