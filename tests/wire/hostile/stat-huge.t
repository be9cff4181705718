# STAT says "4294967295 1"
checks: C09
ref: CVE-2002-1174; restante never asks
server: replies = {'STAT': b'+OK 4294967295 1\r\n'}
met: STAT
exit: 0
stored: 1 2 3
left: 1 2 3
