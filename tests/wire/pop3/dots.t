# Lines that begin with a dot get one more, which no size counts
checks: B-16
ref: RFC 1939 sections 3 and 11
protocol: pop3
needs: exact
mail: Subject: x\n\n.\n..\n.x\nx.\n. \n

S~ +OK*
login
C: LIST 1
S~ +OK 1 33{...}
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
C: QUIT
S~ +OK*
S! closed
