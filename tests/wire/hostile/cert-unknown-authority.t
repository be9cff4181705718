# Good, but of an authority that the account does not trust
checks: C-18 C06
ref: RFC 8314 section 5
account: ca_file = {other-ca}
tls: implicit
exit: 76
fault: certificate
stored: nothing
secret: unsent

tls refused
