# No UIDL, and nothing is to be kept
checks: C-9
ref: RFC 1939 section 7: optional
account: keep = no
server: uidl = 'none'
exit: 0
stored: 1 2 3
left: 

