# An unknown name is not told from a wrong password
checks: B-8
ref: RFC 1939 sections 7 and 13 (it advises so)
protocol: pop3
choice: who asks learns no names

S~ +OK*
C~ USER {nobody}
S~ {first*}
C~ PASS {password}
S~ {refused*}
connect 2
S~ +OK*
C~ USER {user}
S~ {first*}
C: PASS wrong
S~ {refused*}
