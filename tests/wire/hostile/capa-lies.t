# CAPA announces what is not there
checks: C-12 C-13
ref: RFC 2449 section 5
server: capa = ['TOP', 'UIDL', 'USER', 'PIPELINING', 'SASL XOAUTH2 GSSAPI', 'RESP-CODES', 'AUTH-RESP-CODE']
server: mechs = ()
server: top = False
server: uidl = 'none'
exit: 0
stored: 1 2 3
left: 1 2 3
