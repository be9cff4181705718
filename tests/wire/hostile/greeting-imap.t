# The greeting: imap
checks: C01
ref: RFC 1939 section 4
exit: bad
fault: not-pop
stored: nothing
secret: unsent

S: * OK IMAP4rev1
C! closed
