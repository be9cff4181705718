# A message without an octet, one without a header, one with nothing else
checks: C18
ref: RFC 5322 section 2.1
mail: 
mail: no header at all\r\n
mail: Subject: only\r\n
exit: 0
stored: 1 2 3
left: 1 2 3

