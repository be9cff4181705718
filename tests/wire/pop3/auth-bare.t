# AUTH alone lists mechanisms
checks: A-20 D-38
ref: old Outlook and Netscape; in no RFC
protocol: pop3
choice: old clients look for mechanisms so

S~ +OK*
C: AUTH
S~ +OK*
S= capa list
capa list has PLAIN
C~ AUTH\s
either
S~ +OK*
S= capa list
capa list has PLAIN
or
S~ -ERR*
end
login
C: QUIT
S~ +OK*
S! closed
