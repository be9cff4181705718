# TOP gives the header, the empty line and so many lines of the body
checks: B-32 B-33 B-34 D-2
ref: RFC 1939 section 7
protocol: pop3

S~ +OK*
login
C: TOP 1 0
S~ +OK*
S: From: ada@example.org
S: To: wren@example.net
S: Subject: dots
S:
S: .
C: TOP 1 1
S~ +OK*
S: From: ada@example.org
S: To: wren@example.net
S: Subject: dots
S:
S: ..a
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
C: TOP 1 1000000
S~ +OK*
S= mail 1
C: TOP 2 2
S~ +OK*
S= mail 2 top 2
; body lines are counted, not lines of the header
C: TOP 3 1
S~ +OK*
S= mail 3 top 1
C: TOP 3 2
S~ +OK*
S= mail 3 top 2
C: TOP 3 6
S~ +OK*
S= mail 3
C: TOP 3 18446744073709551615
either
S~ +OK*
S= mail 3
or
S~ -ERR*
end
; TOP changes nothing
C: LIST 1
S: +OK 1 120
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
