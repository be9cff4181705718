# The login is answered by [IN-USE] busy
checks: C-14 C23
ref: RFC 2449 section 8, RFC 3206
server: login = b'-ERR [IN-USE] busy'
exit: 75
fault: in-use
stored: nothing
sessions: 1

