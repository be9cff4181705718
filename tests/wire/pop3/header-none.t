# A message that begins with an empty line has no header
checks: D-7
ref: RFC 1939 section 7 (whether TOP gives that empty line, it does not say)
protocol: pop3
needs: exact top
mail: \n.body at once\n

S~ +OK*
login
C: TOP 1 1
S~ +OK*
either
S:
S: ..body at once
S: .
or
S: ..body at once
S: .
end
C: QUIT
S~ +OK*
S! closed
