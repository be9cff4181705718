# A server that does not double dots
checks: C12 C13
ref: cpython issue 95252
account: keep = no
mail: Subject: a\r\n\r\nbefore\r\n.\r\nbehind\r\n
mail: Subject: b\r\n\r\nb\r\n
server: replies = {'RETR 1': b'+OK\r\nSubject: a\r\n\r\nbefore\r\n.\r\nbehind\r\n.\r\n'}
; what came is complete by all that the protocol has: it may be here, but the
; whole must not be deleted
part: yes
again: no
exit: bad
left: 1 2
