# An initial response may make the line longer than 255 octets
checks: A-8
ref: RFC 5034 section 4 (a client must not send it, a server may take it)
protocol: pop3
needs: plain
user: avocet \{200*p}

S~ +OK*
C~ AUTH PLAIN {base64:\0avocet\0\{200*p}}
either
S~ +OK*
C: STAT
S: +OK 0 0
or
S~ -ERR*
C: AUTH PLAIN
S| +\s
C~ {base64:\0avocet\0\{200*p}}
S~ +OK*
end
C: QUIT
S~ +OK*
S! closed
