# PIPELINING that CAPA announces works
checks: X-4
ref: RFC 2449 section 6.6
protocol: pop3
needs: capa pipelining

S~ +OK*
C: CAPA
S~ +OK*
S= capa list
capa list has PIPELINING
C~ USER {user}
C~ PASS {password}
C: NOOP
C: STAT
C: QUIT
repeat 3 S~ +OK*
S~ +OK 3 {size123}{...}
S~ +OK*
S! closed
