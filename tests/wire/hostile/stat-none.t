# STAT says "0 0"
checks: C09
ref: CVE-2002-1174; restante never asks
server: replies = {'STAT': b'+OK 0 0\r\n'}
met: STAT
exit: 0
stored: 1 2 3
left: 1 2 3
