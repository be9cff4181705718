# CAPA: well-formed, the same before and after login
checks: X-1 X-3 X-14
ref: RFC 2449 sections 3, 5 and 6.9
protocol: pop3

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
capa before within after except STLS
capa after lacks STLS
C: CAPA x
either
S~ -ERR*
or
S~ +OK*
S...
end
C: NOOP
S~ +OK*
C: QUIT
S~ +OK*
S! closed
