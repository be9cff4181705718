# An initial response that no buffer expects
checks: A-8 D-27
ref: RFC 5034 section 4; Dovecot before 2.3.11 and 2.3.13
protocol: pop3

S~ +OK*
C~ AUTH PLAIN {base64:\0{nobody}\0\{300*p}}
either
S~ -ERR*
or
S! closed
end
connect 2
S~ +OK*
C~ AUTH PLAIN {base64:\0{nobody}\0\{3000*p}}
either
S~ -ERR*
or
S! closed
end
connect 3
S~ +OK*
C~ AUTH PLAIN {base64:\0{nobody}\0\{30000*p}}
either
S~ -ERR*
or
S! closed
end
connect 4
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
