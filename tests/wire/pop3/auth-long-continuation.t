# An answer of 8000 octets, and one of 80000: one reply each
checks: A-9
ref: RFC 5034 section 4, RFC 4954 section 4
protocol: pop3
needs: plain

S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\0{user}\0\{5994*x}}
either
S~ -ERR*
C: NOOP
either
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S! closed
end
connect 2
S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\0{user}\0\{60000*x}}
either
S~ -ERR*
C: NOOP
either
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S! closed
end
connect 3
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
