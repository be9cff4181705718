# One challenge after the other
checks: C24 C-21
ref: RFC 5034 section 4
tls: implicit
server: capa = ['SASL PLAIN LOGIN', 'UIDL']
exit: bad
fault: protocol auth
stored: nothing

serve until AUTH
C~ AUTH *
S: + 
maybe
answer 10000 + eHh4\r\n
C! closed
