# A line without end costs the server nothing and gets one -ERR at most
checks: B-43
ref: RFC 2449 section 4
protocol: pop3

S~ +OK*
login
C| \{100000*x}
C: y
either
S~ -ERR*
C: NOOP
either
S~ +OK*
or
S! closed
end
or
S! closed
end
