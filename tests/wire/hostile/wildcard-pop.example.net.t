# *.example.net for pop.example.net
checks: C-19
ref: RFC 7817 section 3; RFC 6125 section 6.4.3
account: tls_name = pop.example.net
tls: implicit
cert: wildcard
exit: 0
stored: 1 2 3
left: 1 2 3

