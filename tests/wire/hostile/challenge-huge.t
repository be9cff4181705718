# A challenge of a megabyte
checks: C24 C-28
ref: RFC 5034 section 4
account: auth = CRAM-MD5
tls: implicit
server: mechs = ('CRAM-MD5',)
exit: 76
fault: protocol
stored: nothing

serve until AUTH
C~ AUTH CRAM-MD5
S| +\s
maybe
many 1000000 QUJD
S:
C! closed
