# The login is answered by [SYS/PERM] never
checks: C-14 C23
ref: RFC 2449 section 8, RFC 3206
server: login = b'-ERR [SYS/PERM] never'
exit: 69
fault: server-permanent
stored: nothing
sessions: 1

