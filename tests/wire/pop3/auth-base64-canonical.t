# Base64 without its padding, or with bits that are not zero, is none
checks: A-6
ref: RFC 4648 sections 3.2 and 3.5 (it leaves the bits to who decodes)
protocol: pop3
needs: plain
user: egret pass
choice: one spelling of a message is enough

S~ +OK*
; the right message is AGVncmV0AHBhc3M=
C: AUTH PLAIN AGVncmV0AHBhc3M
S~ -ERR*
C: AUTH PLAIN AGVncmV0AHBhc3N=
S~ -ERR*
C: AUTH PLAIN AGVncmV0AHBhc3M=
S~ +OK*
C: QUIT
S~ +OK*
S! closed
