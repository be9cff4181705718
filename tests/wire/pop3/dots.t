# Lines that begin with a dot get one more, which no size counts
checks: B-16
ref: RFC 1939 sections 3 and 11
protocol: pop3
mail: Subject: x\n\n.\n..\n.x\nx.\n. \n
mail: .first octet\n\n.\n
mail: .
mail: .\r\n.\r\n

S~ +OK*
login
C: LIST
S~ +OK*
S: 1 33
S: 2 19
S: 3 3
S: 4 6
S: .
C: RETR 1
S~ +OK*
S: Subject: x
S:
S: ..
S: ...
S: ..x
S: x.
S| ..\s
S: .
C: RETR 2
S~ +OK*
S: ..first octet
S:
S: ..
S: .
C: RETR 3
S~ +OK*
S: ..
S: .
C: RETR 4
S~ +OK*
S: ..
S: ..
S: .
C: QUIT
S~ +OK*
S! closed
