# Plain text on a port where TLS was expected
checks: C01
ref: RFC 8314 section 3.3
account: tls = implicit
account: tls_name = localhost
exit: 78
fault: wrong-port
stored: nothing
secret: unsent

S: +OK hello
maybe
C! closed
