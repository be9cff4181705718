# Another reader changes flags: the message is still found
checks: Z-2
ref: maildir: the base name is the message
protocol: pop3
changes: maildrop
choice: a flag is no other message

S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {two}
S~ 3 {three}
S: .
store flags wren 1 S
store flags wren 2 RS
C: RETR 1
S~ +OK*
S= mail 1
C: RETR 2
S~ +OK*
S= mail 2
store flags wren 2 FRS
C: DELE 2
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
login
C: UIDL
S~ +OK*
S~ 1 {one}
S~ 2 {three}
S: .
C: QUIT
S~ +OK*
S! closed
