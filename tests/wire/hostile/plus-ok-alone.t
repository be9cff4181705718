# +OK without a space or a text is a good answer
checks: C-1
ref: RFC 1939 section 3
server: greeting = b'+OK'
exit: 0
stored: 1 2 3
left: 1 2 3

