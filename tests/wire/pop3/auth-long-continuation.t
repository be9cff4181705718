# A continuation line of 8000 octets is read as one line
checks: A-9
ref: RFC 5034 section 4, RFC 4954 section 4
protocol: pop3

S~ +OK*
C: AUTH PLAIN
S| +\s
C~ {base64:\0wren\0\{5994*x}}
S~ -ERR*
login
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
; more than anybody needs: refused, and the session goes on or ends
C: AUTH PLAIN
S| +\s
C~ {base64:\0wren\0\{60000*x}}
either
S~ -ERR*
C: CAPA
either
S~ +OK*
S...
or
S! closed
end
or
S! closed
end
