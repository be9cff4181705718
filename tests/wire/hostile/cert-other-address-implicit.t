# A certificate that nobody should believe: other-address (implicit)
checks: C-18 C06
ref: RFC 6125, RFC 7817; RFC 8314 section 5
account: tls_name = 127.0.0.1
tls: implicit
cert: other-address
exit: 76
fault: certificate-name
stored: nothing
secret: unsent

tls refused
