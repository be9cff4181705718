# Lines that begin with From, and one that looks like a mailbox
checks: C17 item 6
ref: mbox(5)
mail: Subject: x\r\n\r\nFrom me\r\n>From you\r\n\r\nFrom a@b Thu Jan  1 00:00:00 1970\r\nSubject: y\r\n\r\nz\r\n
mail: From finch Thu Jan  1 00:00:00 1970\r\nSubject: z\r\n\r\nq\r\n
exit: 0
stored: 1 2
left: 1 2
