# What is not a command is answered with -ERR, and the session goes on
checks: B-3 D-9
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C: FOO
S~ -ERR*
C: XTND
S~ -ERR*
C: STATS
S~ -ERR*
login
C: FOO bar
S~ -ERR*
; an empty line is no command; Dovecot before 2.3.19 crashed here
C:
S~ -ERR*
; and before 2.3.18 on a colon
C: :
S~ -ERR*
C: FOO: bar
S~ -ERR*
C:  STAT
S~ -ERR*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
