# STLS is accepted, then octets that are no TLS
checks: C02 C05
ref: RFC 2595 section 4
tls: start
exit: bad
stored: nothing
left: 1 2 3
secret: unsent

serve until STLS
C: STLS
S: +OK go
await
S~ \xff\xfe\0\0garbage\{3000*\x80}
close
