# XCLIENT is not for anybody
checks: M-27
ref: Postfix XCLIENT_README
protocol: smtp

S~ 220 *
C: EHLO client.example
S= ehlo list
capa list lacks XCLIENT XFORWARD
C: XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2
S~ 5[0-9][0-9]*
C: QUIT
S~ 221*
S! closed
