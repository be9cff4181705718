# Text from a client never comes back as a response code
checks: X-8
ref: RFC 2449 section 6.4
protocol: pop3
user: [AUTH] secret
mail: [SYS/TEMP] not a header\n\n

S~ +OK*
C: USER [AUTH]
S~ +OK*
C: PASS secret
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
