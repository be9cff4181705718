# STLS is announced and refused
checks: C-17 C02 C05
ref: RFC 2595 section 4; CVE-2020-15954
tls: start
server: stls = 'err'
exit: 76
fault: no-stls
stored: nothing
secret: unsent
sessions: 1

