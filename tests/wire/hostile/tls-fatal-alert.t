# The server refuses the handshake
checks: C05
ref: RFC 8446 section 6.2
tls: implicit
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

await
S| \x15\x03\x03\0\x02\x02\x28
close
