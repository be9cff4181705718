# A challenge after all was said
checks: C24
ref: RFC 5034 section 4; CVE-2012-3482
account: auth = PLAIN
tls: implicit
server: mechs = ('PLAIN',)
exit: bad
fault: protocol auth
stored: nothing

serve until AUTH
C~ AUTH PLAIN *
S: + eHh4
C: *
S: -ERR cancelled
serve
