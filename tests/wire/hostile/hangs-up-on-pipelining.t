# Announces PIPELINING and hangs up on it, as o2.pl
checks: C-27
ref: MailKit issue 174
server: hangup = True
mail: 12
runs: 1
exit: 0
stored: 1 2 3 4 5 6 7 8 9 10 11 12

