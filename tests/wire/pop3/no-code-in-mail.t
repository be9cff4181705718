# Nor does a message that begins with a bracket
checks: X-8
ref: RFC 2449 section 6.4
protocol: pop3
needs: exact
mail: [SYS/TEMP] not a header\n\n

S~ +OK*
login
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
