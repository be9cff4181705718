# STLS is accepted, and then there is silence
checks: C05
ref: CVE-2011-1947
tls: start
exit: 75
fault: timeout
stored: nothing
secret: unsent

serve until STLS
C: STLS
S: +OK go
stall
