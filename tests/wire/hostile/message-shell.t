# Headers that would be commands
checks: C19
ref: fetchmail bug reports; no shell
mail: From: $(touch /tmp/x) <-oX@example.net>\r\nReturn-Path: <`id`;x@example.net>\r\nSubject: ;rm -rf x|'"\r\n\r\nx\r\n
exit: 0
stored: 1
