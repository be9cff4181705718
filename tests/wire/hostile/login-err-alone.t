# -ERR without a text
checks: C-14
ref: RFC 1939 section 3
server: login = b'-ERR'
exit: bad
stored: nothing
left: 1 2 3
