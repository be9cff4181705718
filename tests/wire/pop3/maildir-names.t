# A file's name with or without its sizes: the same LIST
checks: Z-1
ref: the Maildir names of Dovecot and Courier
protocol: pop3
only: socket there are no names in memory

store names wren plain
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: QUIT
S~ +OK*
S! closed
store names wren sized
connect
S~ +OK*
login
C: LIST
S~ +OK*
S~ 1 {size1}{...}
S~ 2 {size2}{...}
S~ 3 {size3}{...}
S: .
C: RETR 3
S~ +OK*
S= mail 3
C: QUIT
S~ +OK*
S! closed
