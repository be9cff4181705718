# Commands that come in pieces
checks: D-28
ref: RFC 1939 section 3; Dovecot before 2.3.11
protocol: pop3

S~ +OK*
C| US
use 1
C~ ER {user}
S~ +OK*
C| P
use 1
C| ASS\s
use 1
C| {password}\r
use 1
C| \n
S~ +OK*
C| ST
use 1
C| AT\r
use 1
C| \n
S~ +OK 3 {size123}{...}
C| LIST\s
use 1
C: 2
S~ +OK 2 {size2}{...}
C: QUIT
S~ +OK*
S! closed
