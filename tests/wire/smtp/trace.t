# The fields of final delivery; older Return-Path fields go
checks: M-24
ref: RFC 5321 section 4.4; RFC 9228
protocol: smtp
only: socket the machine adds no fields, delivery does

S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<"a b"@example.org>
C~ RCPT TO:<{recipient}>
C: DATA
S~ 250*
S~ 250*
S~ 354*
C: Return-Path: <evil@example.org>
C: Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000
C: return-path: <evil@example.org>
C:  (folded)
C: Subject: x
C:
C: Return-Path: <text>
C: .
S~ 250*
C: QUIT
S~ 221*
S! closed
stored wren 1 trace
| Return-Path: <"a b"@example.org>
| Delivered-To: wren@example.net
| Received: from client.example*
| ?*
| Received: from a by b; Thu, 1 Jan 1970 00:00:00 +0000
| Subject: x
|
| Return-Path: <text>
