# No UIDL, and without_uidl = fail
checks: C-9
ref: restante.conf(5)
account: without_uidl = fail
server: uidl = 'none'
only: without_uidl is a setting of ours
exit: 78
fault: no-uidl
stored: nothing
left: 1 2 3

