# Nobody acts for somebody else
checks: A-15
ref: RFC 4616 section 2
protocol: pop3

S~ +OK*
C~ AUTH PLAIN {base64:finch\0wren\0correct horse battery}
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:wren\0finch\0correct horse battery}
S~ -ERR \[AUTH]*
C~ AUTH PLAIN {base64:wren\0wren\0correct horse battery}
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
