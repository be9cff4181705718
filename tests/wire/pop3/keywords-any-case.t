# Keywords in any case, status words in upper case
checks: B-2 X-2
ref: RFC 1939 section 3
protocol: pop3

S~ +OK*
C: cApA
S~ +OK*
S= capa list
C: user wren
S~ +OK*
C: PaSs correct horse battery
S~ +OK*
C: sTaT
S: +OK 3 771
C: capa
S~ +OK*
S= capa list
C: quit
S~ +OK*
S! closed
