# Plain text sent to the TLS port gets no service
checks: T-6
ref: RFC 8314 section 3.1
protocol: pop3
needs: pop3s
only: socket the machine never sees such octets

connect 1 tls-raw
C~ USER {user}
S! refused
connect 1 tls-raw
C: CAPA
C~ USER {user}
C~ PASS {password}
S! refused
