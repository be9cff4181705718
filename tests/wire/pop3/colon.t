# A colon in a command
checks: B-3 D-25
ref: RFC 1939 section 3; a crash of Dovecot 2.3.18 and 2.3.19
protocol: pop3

S~ +OK*
C: FOO: bar
S~ -ERR*
login
C: :
S~ -ERR*
C: RETR:1
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
