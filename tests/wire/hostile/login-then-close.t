# The connection is closed instead of an answer to the login
checks: C23
ref: servers under load
exit: 75
fault: lost
stored: nothing
left: 1 2 3

serve until PASS|AUTH
C~ *
close
