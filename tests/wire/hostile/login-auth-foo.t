# The login is answered by [AUTH/FOO] no
checks: C-14 C23
ref: RFC 2449 section 8, RFC 3206
server: login = b'-ERR [AUTH/FOO] no'
exit: 77
fault: auth
stored: nothing

