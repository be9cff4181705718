# The login is answered by [SYS/TEMP] later
checks: C-14 C23
ref: RFC 2449 section 8, RFC 3206
server: login = b'-ERR [SYS/TEMP] later'
exit: 75
fault: server-temporary
stored: nothing
sessions: 1

