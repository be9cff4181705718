# DELE is refused: fetched once, and the session says so
checks: C13
ref: RFC 1939 section 5
account: keep = no
server: dele = b'-ERR no'
runs: 2
exit: 0|1|69|75|76
stored: 1 2 3
left: 1 2 3

