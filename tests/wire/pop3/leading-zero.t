# Leading zeros are still decimal, or no number
checks: D-8
ref: RFC 1939 section 5
protocol: pop3

S~ +OK*
login
C: RETR 01
either
S~ +OK*
S= mail 1
or
S~ -ERR*
end
C: RETR 02
either
S~ +OK*
S= mail 2
or
S~ -ERR*
end
C: QUIT
S~ +OK*
S! closed
