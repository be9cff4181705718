# A certificate that nobody should believe: common-name (start)
checks: C-18 C06
ref: RFC 6125, RFC 7817; RFC 8314 section 5
tls: start
cert: common-name
exit: 76
fault: certificate-name
stored: nothing
secret: unsent

serve until STLS
C: STLS
S: +OK go
tls refused
