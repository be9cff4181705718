# What only a person can mend is [SYS/PERM]
checks: B-30 X-6
ref: RFC 3206 section 4 (what is permanent, the server judges)
protocol: pop3
choice: a file where a directory should be does not mend itself

store corrupt wren
connect
S~ +OK*
C~ USER {user}
S~ +OK*
C~ PASS {password}
S~ -ERR \[SYS/PERM]*
