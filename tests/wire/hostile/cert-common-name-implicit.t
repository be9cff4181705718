# A certificate that nobody should believe: common-name (implicit)
checks: C-18 C06
ref: RFC 6125, RFC 7817; RFC 8314 section 5
tls: implicit
cert: common-name
exit: 76
fault: certificate-name
stored: nothing
secret: unsent

tls refused
