# An empty maildrop has an empty list of unique-ids
checks: B-14 D-30
ref: RFC 1939 section 7; Dovecot before 2.1.9
protocol: pop3
needs: uidl
fixture: empty

S~ +OK*
login
C: UIDL
S~ +OK*
S: .
C: UIDL 1
S~ -ERR*
C: STAT
S~ +OK 0 0{...}
C: QUIT
S~ +OK*
S! closed
