# After a failed AUTH it is as if there had been none
checks: A-5
ref: RFC 5034 section 4; RFC 1939 section 4 (the server may close)
protocol: pop3
needs: plain

S~ +OK*
C~ AUTH PLAIN {base64:\0{user}\0wrong}
S~ -ERR*
C~ PASS {password}
either
S~ -ERR*
C~ AUTH PLAIN {base64:\0{user}\0{password}}
either
S~ +OK*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S! closed
end
