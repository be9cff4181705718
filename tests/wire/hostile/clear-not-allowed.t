# Without TLS and clear_login, nothing is sent
checks: C-17 C02
ref: RFC 8314 section 3
account: clear_login = no
only: clear_login is a setting of ours
exit: 78
stored: nothing
secret: unsent

