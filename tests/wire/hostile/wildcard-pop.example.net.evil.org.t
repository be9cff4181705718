# *.example.net for pop.example.net.evil.org
checks: C-19
ref: RFC 7817 section 3; RFC 6125 section 6.4.3
account: tls_name = pop.example.net.evil.org
tls: implicit
cert: wildcard
exit: 76
fault: certificate-name
stored: nothing
secret: unsent

tls refused
