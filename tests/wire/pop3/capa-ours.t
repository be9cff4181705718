# What CAPA announces here
checks: X-1 X-14 D-40
ref: RFC 2449 section 6; clients that ask before login alone
protocol: pop3
needs: capa tls
choice: clients look for TOP and UIDL before they log in

S~ +OK*
C: CAPA
S~ +OK*
S= capa before
capa before has TOP UIDL USER RESP-CODES PIPELINING AUTH-RESP-CODE SASL=PLAIN
capa before has IMPLEMENTATION/1 STLS/0 TOP/0 UIDL/0 USER/0
login
C: CAPA
S~ +OK*
S= capa after
capa after lacks STLS
C: QUIT
S~ +OK*
S! closed
