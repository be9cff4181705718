# Octets behind the answer to STLS (capa)
checks: C-16 C03
ref: RFC 2595 section 4; CVE-2021-22947
tls: start
exit: 76
fault: stls-injected
stored: nothing
secret: unsent

serve until STLS
C: STLS
S| +OK go\r\n+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n
maybe
tls
C! closed
