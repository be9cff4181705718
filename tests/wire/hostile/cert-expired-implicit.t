# A certificate that nobody should believe: expired (implicit)
checks: C-18 C06
ref: RFC 6125, RFC 7817; RFC 8314 section 5
tls: implicit
cert: expired
exit: 76
fault: certificate
stored: nothing
secret: unsent

tls refused
