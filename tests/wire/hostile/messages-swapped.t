# RETR 1 is answered by message 2, and the other way round
checks: C12
ref: the number is no name
account: keep = no
mail: Subject: a\r\n\r\na\r\n
mail: Subject: b\r\n\r\nb\r\n
server: replies = {'RETR 1': b'+OK\r\nSubject: b\r\n\r\nb\r\n.\r\n', 'RETR 2': b'+OK\r\nSubject: a\r\n\r\na\r\n.\r\n'}
exit: 0
stored: 1 2
left: 
