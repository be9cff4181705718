# TOP of a message without an empty line
checks: D-7
ref: RFC 1939 section 7 (whether an empty line ends it, it does not say)
protocol: pop3
needs: exact top
mail: Subject: no blank line\nFrom: ada@example.org\n

S~ +OK*
login
C: TOP 1 0
S~ +OK*
S: Subject: no blank line
S: From: ada@example.org
either
S: .
or
S:
S: .
end
C: TOP 1 5
S~ +OK*
S: Subject: no blank line
S: From: ada@example.org
either
S: .
or
S:
S: .
end
C: QUIT
S~ +OK*
S! closed
