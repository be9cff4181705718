# Octets that are no TLS
checks: C05 C01
ref: P17
tls: implicit
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

await
S~ \xff\xfe\0\0garbage\{3000*\x80}
close
