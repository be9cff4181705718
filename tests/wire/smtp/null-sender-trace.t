# The null reverse-path in the store
checks: M-23 M-24
ref: RFC 5321 sections 4.4, 4.5.5
protocol: smtp
only: socket the machine adds no fields, delivery does

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Subject: bounce
C:
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1 trace
| Return-Path: <>
| Delivered-To: wren@example.net
| Received: from client.example*
| ?*
| Subject: bounce
|
