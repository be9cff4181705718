# Lines that end in LF alone are refused, and never split
checks: B-48
ref: RFC 1939 section 3
protocol: pop3
needs: strict-crlf
changes: maildrop

S~ +OK*
login
C: DELE 3
S~ +OK*
C| DELE 1\nDELE 2\r\n
S~ -ERR*
; whether the rest was a second line or the same one: not both were done
C: NOOP
either
S~ -ERR*
S~ +OK*
or
S~ +OK*
end
C: LIST 1
either
S~ +OK 1 {size1}{...}
or
S~ +OK*
S~ +OK 1 {size1}{...}
end
C| STAT\n
S~ -ERR*
C: QUIT
S~ +OK*
S! closed
