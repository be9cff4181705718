# 64 KiB of error text
checks: C14 C-28
ref: CVE-2010-0562
exit: bad
stored: nothing
unsaid: \x1b

serve until USER|AUTH
C~ *
S| -ERR\s
maybe
many 65536 %s\x1b
S:
C! closed
