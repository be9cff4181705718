# UIDLs that look like paths
checks: C-11 C11
ref: CVE-2018-14362
server: replies = {'UIDL': b'+OK\r\n1 ../../x\r\n2 /etc/passwd\r\n3 a/b\r\n.\r\n'}
runs: 2
exit: 0
stored: 1 2 3
left: 1 2 3

