# A header with 20,000 addresses
checks: C18 C-28
ref: CVE-2011-0739
mail: To: a@example.net\{20000*,\r\n b@example.net}\r\nSubject: x\r\n\r\nx\r\n
exit: 0
stored: 1
