# An unknown name is not told from a wrong password
checks: B-8 X-7
ref: RFC 1939 sections 7 and 13, RFC 3206 section 5
protocol: pop3

S~ +OK*
C: USER nobody
S~ {first*}
C: PASS correct horse battery
S~ {refused*}
C: USER wren
S~ {first*}
C: PASS wrong
S~ {refused*}
C: QUIT
S~ +OK*
S! closed
