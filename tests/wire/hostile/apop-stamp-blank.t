# A timestamp that is no message id: blank
checks: C-26 C07
ref: CVE-2007-1558; RFC 5322 section 3.6.4
account: auth = APOP
tls: implicit
server: greeting = b'+OK <1 2@example.net>'
server: mechs = ()
server: user = False
exit: bad
fault: no-mechanism protocol not-pop
stored: nothing
secret: unsent

