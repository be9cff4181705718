# Arguments that are too few, too many or oddly spaced: one reply each
checks: D-3
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
login
; leading zeros are still decimal
C: RETR 01
either
S~ +OK*
S= mail 1
or
S~ -ERR*
end
C: NOOP x
either
S~ +OK*
or
S~ -ERR*
end
C~ LIST\s
either
S~ +OK*
S: 1 120
S: 2 200
S: 3 451
S: .
or
S~ -ERR*
end
C~ STAT\s
either
S: +OK 3 771
or
S~ -ERR*
end
C: DELE
S~ -ERR*
C: DELE 0
S~ -ERR*
C: DELE 1 2
S~ -ERR*
C: DELE 4
S~ -ERR*
C: DELE all
S~ -ERR*
C: UIDL 0
S~ -ERR*
C: UIDL 4
S~ -ERR*
C: UIDL x
S~ -ERR*
C: STAT
S: +OK 3 771
C: QUIT
S~ +OK*
S! closed
