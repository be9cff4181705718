# AUTH PLAIN with and without an initial response
checks: A-1
ref: RFC 5034 section 4, RFC 4616
protocol: pop3

S~ +OK*
C~ AUTH PLAIN {base64:\0wren\0correct horse battery}
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C: auth plain
; a plus, a space and nothing else
S| +\s
C~ {base64:\0wren\0correct horse battery}
S~ +OK*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
; the vector of the fact sheet, an authzid that is the user's own
C: AUTH PLAIN AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5
S~ +OK*
C: QUIT
S~ +OK*
S! closed
connect
S~ +OK*
C~ AUTH PLAIN {base64:wren\0wren\0correct horse battery}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
