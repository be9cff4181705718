# What a server says cannot draw on the terminal
checks: C14
ref: CVE-2007-2958, CVE-2008-2711
server: login = b'-ERR [SYS/PERM] \x1b]52;c;eA==\x07\x1b[2J%s%n\x9b31m\xe2\x80\xae!'
exit: 69
fault: server-permanent
unsaid: \x1b
unsaid: \x07
unsaid: \xe2\x80\xae

