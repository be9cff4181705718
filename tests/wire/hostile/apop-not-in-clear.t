# Without TLS, APOP and CRAM-MD5 are never chosen by themselves
checks: C07
ref: CVE-2007-1558
server: apop = True
server: mechs = ('CRAM-MD5',)
server: user = False
login: auto
exit: 78
fault: no-mechanism
stored: nothing
secret: unsent

