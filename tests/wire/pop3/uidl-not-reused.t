# The same text delivered again has another unique-id
checks: B-38
ref: RFC 1939 section 7 (hashes are legal)
protocol: pop3
fixture: empty
changes: maildrop
choice: a client that leaves mail on the server sees both

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
