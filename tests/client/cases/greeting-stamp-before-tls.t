# A timestamp from before TLS is not used behind it
checks: C04 C07
ref: RFC 2595 section 4
account: auth = APOP
tls: start
server: user = False
server: mechs = ()
server: capa_tls = ['UIDL']
exit: bad
stored: nothing
secret: unsent

S: +OK <1.2@stranger.example> hello
serve
