# The same text delivered again has another unique-id
checks: B-38
ref: RFC 1939 section 7 (hashes would be legal; our choice is that they differ)
protocol: pop3
changes: maildrop
fixture: empty

store deliver wren Subject: again\n\nthe same text\n
connect
S~ +OK*
login
C: UIDL 1
S~ +OK 1 {first}
C: DELE 1
S~ +OK*
C: QUIT
S~ +OK*
S! closed
store deliver wren Subject: again\n\nthe same text\n
connect
S~ +OK*
login
C: UIDL 1
S~ +OK 1 {second}
C: QUIT
S~ +OK*
S! closed
differ first second
