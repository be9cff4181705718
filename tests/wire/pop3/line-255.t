# A command line of 255 octets with CRLF is read
checks: B-43
ref: RFC 2449 section 4
protocol: pop3
user: \{248*n} \{248*p}

S~ +OK*
C~ USER \{248*n}
S~ +OK*
C~ PASS \{248*p}
S~ +OK*
C: STAT
S: +OK 0 0
C: QUIT
S~ +OK*
S! closed
