# The login is answered by [LOGIN-DELAY] wait
checks: C-14 C23
ref: RFC 2449 section 8, RFC 3206
server: login = b'-ERR [LOGIN-DELAY] wait'
exit: 75
fault: login-delay
stored: nothing
sessions: 1

