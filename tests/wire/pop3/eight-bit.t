# Octets above 127 arrive as they are
checks: D-24
ref: RFC 1939 section 3
protocol: pop3
mail: From: ada@example.org\nSubject: eight bit\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n\xe4\xf6\xfc \xdf\xa0\xff\n

S~ +OK*
login
C: LIST 1
S~ +OK 1 {size1}{...}
C: RETR 1
S~ +OK*
S= mail 1
C: QUIT
S~ +OK*
S! closed
