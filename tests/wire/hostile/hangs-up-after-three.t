# Every session ends at the fourth message
checks: C12 item 1
ref: servers with a limit; getmail6 issue 112
account: keep = no
account: pipelining = off
mail: 8
exit: bad
fault: lost

serve until RETR 4
close
