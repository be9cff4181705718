# No argument makes a reply longer than 512 octets or breaks its line
checks: B-45 X-8
ref: RFC 1939 section 3, RFC 2449 section 6.4
protocol: pop3

S~ +OK*
C~ \{253*F}
S~ -ERR*
C~ AUTH \{240*F}
S~ -ERR*
C: [AUTH]
S~ -ERR*
C: AUTH [SYS/PERM]
S~ -ERR*
C: USER [IN-USE]
either
S~ +OK*
or
S~ -ERR*
end
C: PASS [IN-USE]
S~ -ERR*
login
C~ RETR \{247*9}
S~ -ERR*
C: RETR [SYS/TEMP]
S~ -ERR*
C: TOP [SYS/TEMP] 1
S~ -ERR*
C~ NOOP\rNOOP
S~ -ERR*
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
