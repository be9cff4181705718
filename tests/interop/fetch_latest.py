# SPDX-License-Identifier: ISC
import poplib, sys
host, port, user, password = sys.argv[1:]
pop = poplib.POP3(host, int(port))
pop.stls()
pop.user(user)
pop.pass_(password)
count = len(pop.list()[1])
lines = pop.retr(count)[1]
print(next(x for x in lines if x.startswith(b"Subject:")).decode())
pop.quit()
