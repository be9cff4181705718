# STLS, and all is well
checks: C-20 C04
ref: RFC 2595
tls: start
exit: 0
stored: 1 2 3
left: 1 2 3

