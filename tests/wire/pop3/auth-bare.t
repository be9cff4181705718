# AUTH alone lists mechanisms
checks: A-20
ref: old Outlook and Netscape; in no RFC
protocol: pop3

S~ +OK*
C: AUTH
S~ +OK*
S: PLAIN
S: .
C~ AUTH\s
either
S~ +OK*
S: PLAIN
S: .
or
S~ -ERR*
end
login
C: QUIT
S~ +OK*
S! closed
