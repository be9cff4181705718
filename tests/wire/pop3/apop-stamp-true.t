# What looks like a timestamp is one
checks: D-42
ref: RFC 1939 section 7; MailKit and others try APOP when they see one
protocol: pop3
choice: a timestamp for an account that cannot use APOP misleads clients

either
S~ +OK*{<stamp>}*
C~ APOP {user} {md5:{stamp}{password}}
S~ +OK*
C: QUIT
S~ +OK*
S! closed
or
S~ +OK*
C: QUIT
S~ +OK*
S! closed
end
