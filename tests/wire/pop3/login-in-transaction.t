# Commands of AUTHORIZATION are refused in TRANSACTION
checks: B-5 A-7
ref: RFC 1939 section 7, RFC 5034 section 4
protocol: pop3

S~ +OK*
login
C: USER finch
S~ -ERR*
C: PASS hunter2
S~ -ERR*
C: APOP finch c4c9334bac560ecc979e58001b3e22fb
S~ -ERR*
C~ AUTH PLAIN {base64:\0finch\0hunter2}
S~ -ERR*
C: AUTH PLAIN
S~ -ERR*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
