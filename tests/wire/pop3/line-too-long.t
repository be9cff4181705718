# A longer line is one command or the last
checks: B-43
ref: RFC 2449 section 4 (what comes after 255 octets, it leaves open)
protocol: pop3

S~ +OK*
login
C: DELE 1
S~ +OK*
C~ LIST \{600*2}\s\{600*STAT }
either
S~ -ERR*
C: STAT
either
S~ +OK 2 {size23}{...}
C: RSET
S~ +OK*
C: QUIT
S~ +OK*
S! closed
or
S! closed
end
or
S! closed
end
connect 2
S~ +OK*
login
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
