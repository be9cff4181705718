# A command line of 255 octets gets one answer
checks: B-43
ref: RFC 2449 section 4
protocol: pop3
needs: capa

S~ +OK*
C~ USER \{248*n}
either
S~ +OK*
or
S~ -ERR*
end
login
C~ LIST \{248*1}
S~ -ERR*
C: STAT
S~ +OK 3 {size123}{...}
C: QUIT
S~ +OK*
S! closed
