# TOP with more lines than there are gives all
checks: B-34
ref: RFC 1939 section 7
protocol: pop3
needs: top

S~ +OK*
login
C: TOP 1 1000000
S~ +OK*
S= mail 1
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
S~ +OK 1 {size1}{...}
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
