# UTF8 after login is refused, and the session goes on
checks: D-44
ref: RFC 6856 section 2.1; Outlook sends it there
protocol: pop3

S~ +OK*
login
C: UTF8
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
