# STLS is accepted, and plain text goes on
checks: C02
ref: CVE-2021-22946
tls: start
exit: bad
fault: tls stls-injected wrong-port
stored: nothing
secret: unsent

serve until STLS
C: STLS
S: +OK go
maybe
S: +OK still here
C! closed
