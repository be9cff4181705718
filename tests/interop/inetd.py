# SPDX-License-Identifier: ISC
"""inetd.py PORT COMMAND...: runs the command on every connection."""
import signal
import socket
import subprocess
import sys

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.create_server(("127.0.0.1", int(sys.argv[1])),
                          backlog=100) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            subprocess.Popen(sys.argv[2:], stdin=connection,
                             stdout=connection, stderr=subprocess.DEVNULL)
