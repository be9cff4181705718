# Every octet comes by itself
checks: C01 C12
ref: a TCP stream has no packets
server: drip = True
exit: 0
stored: 1 2 3
left: 1 2 3
