# SPDX-License-Identifier: ISC
"""smoke.py POPSIZE POPBOX POPLIST: the three examples with one another and
with Python's own POP3 client."""

import os
import poplib
import socket
import subprocess
import sys
import tempfile
import threading

POPSIZE, POPBOX, POPLIST = sys.argv[1:]
MESSAGES = {
    "lf": b"Subject: lf\n\nbare\n.\n..dots\nno end",
    "crlf": b"Subject: crlf\r\n\r\n.first\r\nlast\r\n",
    "empty": b"",
    "large": b"Subject: large\n\n" + b"x" * 71 + b"\n" * 50000,
}


def wire(message):
    """The octets that a POP client shall get."""
    out = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return out if not out or out.endswith(b"\r\n") else out + b"\r\n"


class Office:
    """popbox behind a port, for one session."""

    def __init__(self, files):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.status = None
        self.thread = threading.Thread(target=self.serve, args=(files,))

    def serve(self, files):
        conn, _ = self.listener.accept()
        with conn:
            self.status = subprocess.run(
                [POPBOX, "wren", "correct horse", *files],
                stdin=conn, stdout=conn, check=False).returncode

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.thread.join()
        self.listener.close()
        assert self.status == 0, self.status


def check_sizes(files):
    text = subprocess.run([POPSIZE, *files], capture_output=True, check=True,
                          text=True).stdout
    want = "".join(f"{len(wire(m))} {f}\n"
                   for f, m in zip(files, MESSAGES.values()))
    assert text == want, text
    bad = subprocess.run([POPSIZE, files[0] + "-not-there"],
                         capture_output=True, check=False)
    assert bad.returncode == 1 and bad.stderr


def check_list(files):
    with Office(files) as office:
        run = subprocess.run(
            [POPLIST, "127.0.0.1", str(office.port), "wren"],
            input="correct horse\n", capture_output=True, check=True,
            text=True)
    rows = [line.split(" ") for line in run.stdout.splitlines()]
    assert [r[:2] for r in rows] == [
        [str(i + 1), str(len(wire(m)))]
        for i, m in enumerate(MESSAGES.values())], run.stdout
    assert len({r[2] for r in rows}) == len(files)
    with Office(files) as office:
        run = subprocess.run(
            [POPLIST, "127.0.0.1", str(office.port), "wren"],
            input="wrong\n", capture_output=True, check=False, text=True)
    assert run.returncode == 1 and "wrong name or password" in run.stderr


def check_poplib(files):
    with Office(files) as office:
        pop = poplib.POP3("127.0.0.1", office.port, timeout=60)
        pop.user("wren")
        pop.pass_("correct horse")
        for i, message in enumerate(MESSAGES.values(), 1):
            _, lines, _ = pop.retr(i)
            assert b"".join(x + b"\r\n" for x in lines) == wire(message), i
        _, lines, _ = pop.top(1, 2)
        assert lines == [b"Subject: lf", b"", b"bare", b"."], lines
        pop.dele(2)
        pop.close()             # without QUIT: nothing is removed
    assert all(map(os.path.exists, files))
    with Office(files) as office:
        pop = poplib.POP3("127.0.0.1", office.port, timeout=60)
        pop.user("wren")
        pop.pass_("correct horse")
        pop.dele(2)
        pop.quit()
    assert [os.path.exists(f) for f in files] == [True, False, True, True]


def main():
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, message in MESSAGES.items():
            files.append(os.path.join(folder, name))
            with open(files[-1], "wb") as f:
                f.write(message)
        check_sizes(files)
        check_list(files)
        check_poplib(files)
    print("popsize, popbox and poplist work")


main()
