# No message inside a message: one reply, whatever the line ends
checks: M-11
ref: RFC 5321 sections 2.3.8, 4.1.1.4; CERT VU#302671
protocol: smtp

; LF . LF
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\n.\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; LF . CRLF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\n.\r\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CRLF . LF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r\n.\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CR . CR
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r.\r
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CR . CRLF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r.\r\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CRLF . CR
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r\n.\r
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; LF CR . CRLF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\n\r.\r\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CRLF . CR CRLF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r\n.\r\r\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
; CRLF NUL . CRLF
connect
S~ 220 *
C: EHLO client.example
S= ehlo list
C: MAIL FROM:<a@example.org>
S~ 250*
C~ RCPT TO:<{recipient}>
S~ 250*
C: DATA
S~ 354*
C| text\r\n\0.\r\n
C~ MAIL FROM:<b@example.org>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nmore
C: .
either
S~ 250*
C: QUIT
S~ 221*
S! closed
or
S~ [45][0-9][0-9]*
C: QUIT
either
S~ 221*
S! closed
or
S! closed
end
end
