# An alert of 16 KB
checks: C05
ref: RFC 8446 section 6: two octets
tls: implicit
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

await
S| \x15\x03\x03\x40\0\{16384*\x01}
close
