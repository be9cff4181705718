# TOP stuffs dots as RETR does
checks: B-32 B-33 D-4 D-5
ref: RFC 1939 sections 3 and 7
protocol: pop3
needs: top exact

S~ +OK*
login
C: TOP 1 0
S~ +OK*
S: From: ada@example.org
S: To: wren@example.net
S: Subject: dots
S:
S: .
C: TOP 1 2
S~ +OK*
S: From: ada@example.org
S: To: wren@example.net
S: Subject: dots
S:
S: ..a
S: second line
S: .
C: TOP 1 4
S~ +OK*
S: From: ada@example.org
S: To: wren@example.net
S: Subject: dots
S:
S: ..a
S: second line
S: ...
S: ..
S: .
C: QUIT
S~ +OK*
S! closed
