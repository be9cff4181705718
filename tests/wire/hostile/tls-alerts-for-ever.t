# Warnings instead of a handshake
checks: C05 C-28
ref: CVE-2016-8610
tls: implicit
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

await
maybe
many 400000 \x15\x03\x03\0\x02\x01\x5a
C! closed
