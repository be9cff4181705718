# APOP under TLS, when the account asks for it
checks: C-26 C07
ref: RFC 1939 section 7
account: auth = APOP
tls: implicit
server: apop = True
exit: 0
stored: 1 2 3
left: 1 2 3

