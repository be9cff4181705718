# After a failed AUTH it is as if there had been none
checks: A-5
ref: RFC 5034 section 4
protocol: pop3

S~ +OK*
C~ AUTH PLAIN {base64:\0wren\0wrong}
S~ -ERR*
C: PASS correct horse battery
S~ -ERR*
C~ AUTH PLAIN {base64:\0wren\0correct horse battery}
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
