# A header of 10 MB
checks: C18 C-28
ref: bounded memory
mail: Subject: x\r\n\{200000*X-Filler: 01234567890123456789012345678901234567890\r\n}\r\nbody\r\n
exit: 0
stored: 1
left: 1

