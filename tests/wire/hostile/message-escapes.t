# Escape sequences in every field
checks: C15 C14
ref: CVE-2003-0063
mail: From: \x1b]52;c;eA==\x07 <a@example.net>\r\nSubject: \x1b[2J\x9b31m%s%n\r\nDate: \x1b[H\r\nMessage-ID: <\x1b[1m@x>\r\n\r\n\x1b[2J\r\n
exit: 0
stored: 1
unsaid: \x1b
unsaid: \x07
