# Nothing that a client says comes back as a response code
checks: X-8
ref: RFC 2449 section 6.4
protocol: pop3
needs: resp-codes

S~ +OK*
C: [AUTH]
S~ -ERR*
C: AUTH [SYS/PERM]
S~ -ERR*
connect 2
S~ +OK*
C: USER [IN-USE]
either
S~ +OK*
C: PASS [IN-USE]
S~ -ERR*
or
S~ -ERR*
end
connect 3
S~ +OK*
login
C: [FOO] bar
S~ -ERR*
C: RETR [SYS/TEMP]
S~ -ERR*
C: TOP [SYS/TEMP] 1
S~ -ERR*
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
