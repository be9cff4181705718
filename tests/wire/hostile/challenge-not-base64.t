# A challenge that is no base64 is answered by *
checks: C-21 C24
ref: RFC 5034 section 4
account: auth = CRAM-MD5
tls: implicit
server: mechs = ('CRAM-MD5',)
exit: 76
fault: protocol
stored: nothing

serve until AUTH
C~ AUTH CRAM-MD5
S: + !!!! no base64
C: *
S: -ERR cancelled
serve
