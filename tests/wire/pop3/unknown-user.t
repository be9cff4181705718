# USER does not tell by a code that there is no such user
checks: B-8 X-7
ref: RFC 1939 sections 7 and 13, RFC 3206 section 5
protocol: pop3

S~ +OK*
C~ USER {nobody}
either
S~ +OK*
C~ PASS {password}
S~ -ERR*
or
S: -ERR
or
S~ -ERR [!\[]*
end
connect 2
S~ +OK*
login
C: QUIT
S~ +OK*
S! closed
