# A handshake that never answers
checks: C05
ref: CVE-2011-1947
tls: implicit
exit: 75
fault: timeout
stored: nothing
left: 1 2 3
secret: unsent

stall
