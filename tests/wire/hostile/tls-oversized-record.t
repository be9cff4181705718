# A TLS record longer than records are
checks: C05
ref: RFC 8446 section 5.1: 2^14 octets
tls: implicit
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

await
S| \x16\x03\x03\xff\xff\{65535*\x02}
close
