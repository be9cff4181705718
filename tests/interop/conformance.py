# SPDX-License-Identifier: ISC
"""`restante check --conformance` against servers: ours and other people's.

A Stand is one server and the ways to play the transcripts against it.  Where
mail lies in Maildirs, each case gets its world exactly (the World of the wire
tests); elsewhere mail is delivered by LMTP, to the server itself or to a few
lines here that put it into its maildrop.  What a case has become in several
runs is one Result: failed in one is failed.
"""
import contextlib
import fnmatch
import json
import os
import re
import socket
import socketserver
import subprocess
import threading

from office import BUILD, ROOT, SANITIZERS, Office, pki
from servers import HOST_NAME, SERVERS
from wire_world import USERS, WIRE, Case, NotHere, World

RESTANTE = BUILD / "src" / "client" / "restante"
WORSE = ["not applicable", "differs", "passed", "failed"]


class Failed(AssertionError):
    """The run itself did not end as it must."""


def run(*args, timeout=1800):
    """restante check --conformance; {case: object}, and all of it"""
    env = {**os.environ, **SANITIZERS, "ASAN_OPTIONS": "detect_leaks=1",
           "RESTANTE_TRANSCRIPTS": str(WIRE)}
    done = subprocess.run(
        [str(RESTANTE), "check", "--conformance", "--json",
         *map(str, args)], env=env, capture_output=True, text=True,
        errors="replace", timeout=timeout, stdin=subprocess.DEVNULL)
    try:
        rows = [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError as e:
        raise Failed(f"{e}: {done.stdout} {done.stderr}") from e
    cases = {r["case"]: r for r in rows if r["event"] == "case"}
    failed = any(r["result"] == "failed" for r in cases.values())
    if done.returncode != (1 if failed else 0):
        raise Failed(f"exit status {done.returncode}: {done.stderr}\n" +
                     "\n".join(done.stdout.splitlines()[-3:]))
    return cases


def merge(runs):
    """One row a case: the worst of what was seen, an n.a. only when all
    are"""
    merged = {}
    for cases in runs:
        for name, row in cases.items():
            old = merged.get(name)
            if old is None or WORSE.index(row["result"]) > \
                    WORSE.index(old["result"]):
                merged[name] = row
    return merged


# ---- mail where other people's servers look for it -------------------------

class Drops:
    """Maildirs of a Peer, as World wants them of an Office"""
    maildir = Office.maildir
    put = Office.put
    messages = Office.messages
    _own = Office._own

    def __init__(self, peer):
        self.dir = peer.base
        self.mail_root = peer.mail
        self._names = iter(range(1, 1 << 30))


class ForeignWorld(World):
    """The fixture with LF and a last line end: what some servers make of
    the other kinds would fail every case, and has cases of its own."""
    base = None         # the fixture

    def do_begin(self, path):
        super().do_begin(path)
        self.office.maildir("finch")
        if self.cases[path].mail != self.fixture():
            return
        for file in self.office.messages("wren"):
            text = file.read_bytes().replace(b"\r\n", b"\n")
            file.write_bytes(text if text.endswith(b"\n") else
                             text + b"\n")

    def fixture(self):
        if ForeignWorld.base is None:
            ForeignWorld.base = Case(WIRE / "pop3" / "list.t").mail
        return ForeignWorld.base

    def do_down(self, _user):
        raise NotHere("only restanted has a store process to take away")


class Bridge(socketserver.ThreadingTCPServer):
    """LMTP that puts each message into the maildrop of a Peer"""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, peer):
        self.peer = peer
        super().__init__(("127.0.0.1", 0), BridgeSession)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class BridgeSession(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def data(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[line.startswith(b"."):])
        raise EOFError

    def handle(self):
        # a client that goes away is no concern of ours
        with contextlib.suppress(ConnectionError, EOFError):
            self.speak()

    def speak(self):
        self.say("220 bridge LMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go")
                self.server.peer.put("wren", [
                    ("", self.data().replace(b"\r\n", b"\n"))])
                self.say("250 put")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            elif verb in (b"LHLO", b"MAIL", b"RCPT", b"RSET"):
                self.say("250 bridge")
            else:
                self.say("500 what?")


# ---- servers ---------------------------------------------------------------

# whose LMTP is a server's own, and whose mail lies in Maildirs
OWN_LMTP = ("Dovecot", "Cyrus")
# (solid-pop3d has them, and gives them in no order)
MAILDIR = ("Dovecot", "Courier")
# what cannot be seen from outside, and is so
HAVE = {"Dovecot": "-users", "Courier": "-users",
        # they announce APOP always, and nobody has a secret for it
        "mailutils": "-apop", "solid-pop3d": "-apop"}


class Stand:
    """A server of somebody else's, up and running"""

    def __init__(self, name):
        self.name = name
        self.peer = SERVERS[name](users=0, passwords=USERS)
        self.version = self.peer.version()
        self.stack = contextlib.ExitStack()
        self.stack.callback(self.peer.close)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.stack.close()

    def args(self):
        peer = self.peer
        args = ["--port", peer.pop3]
        if "implicit" in peer.tls:
            args += ["--tls-port", peer.pop3s]
        if peer.tls:
            args += ["--ca-file", pki().ca, "--tls-name", HOST_NAME]
        if self.name in MAILDIR:
            world = ForeignWorld(Drops(peer))
            self.stack.callback(world.close)
            args += ["--action", world.path]
            if self.name in OWN_LMTP:
                args += ["--lmtp", f"127.0.0.1:{peer.lmtp}"]
        elif self.name in OWN_LMTP:
            args += self.delivered(peer.lmtp)
        else:
            bridge = Bridge(peer)
            self.stack.callback(bridge.close)
            args += self.delivered(bridge.port)
        if self.name in HAVE:
            args += ["--have", HAVE[self.name]]
        return args

    @staticmethod
    def delivered(port):
        return ["--lmtp", f"127.0.0.1:{port}", "--recipient",
                f"wren@{HOST_NAME}", "--user", "wren", "--password-command",
                f"echo {USERS['wren']}", "--yes"]

    def play(self, only=None, **how):
        if only is None:
            # Cyrus makes a mailbox for everybody, as it is set up here
            only = "pop3/*,lmtp/*" if self.name == "Dovecot" else "pop3/*"
        return run(*self.args(), "--only", only, "127.0.0.1", **how)


class Ours:
    """restanted, with every listener and limit that a case asks for; what
    no setting of it can be is played in memory alone"""
    name = "restanted"

    def __init__(self):
        # plays nothing itself: it knows how a daemon is set up for a case
        import test_wire
        self.wire = test_wire
        self.version = our_version()
        self.stack = contextlib.ExitStack()
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.stack.close()

    def daemon(self, number):
        if number not in self.running:
            office = self.wire.start_office(self.wire.GROUPS[number])
            self.stack.callback(office.close)
            office.start()
            world = World(office)
            self.stack.callback(world.close)
            self.running[number] = office, world
        return self.running[number]

    def args(self, number, words):
        office, world = self.daemon(number)
        ports = {p: office.ports[self.wire.listener(p, words)]
                 for p in ("pop3", "smtp", "lmtp")}
        args = ["--port", ports["pop3"], "--action", world.path,
                "--smtp", f"127.0.0.1:{ports['smtp']}",
                "--lmtp", f"127.0.0.1:{ports['lmtp']}",
                "--ca-file", pki().ca, "--tls-name", "localhost"]
        if "no-tls" not in words:
            args += ["--tls-port", office.ports["pop3s"]]
        settings = [f"{k}={v}" for k, v in self.wire.GROUPS[number].items()]
        have = settings + [w for w in words if w == "normalize"]
        if have:
            args += ["--have", ",".join(have)]
        return [*args, "127.0.0.1"]

    def setups(self):
        """{(daemon, listeners): names of cases}"""
        found = {}
        for case in self.wire.CASES:
            if self.wire.engine_alone(case):
                continue
            words = [w for w in case["needs"].split() if w in (
                "tls-only", "no-tls", "apop", "normalize")]
            key = self.wire.group_of(case), tuple(words)
            name = re.sub(r"\.t$", "", self.wire.name(case))
            found.setdefault(key, []).append(name)
        return found

    def play(self, only=None, **how):
        runs = []
        for (number, words), names in self.setups().items():
            if only is not None:
                names = [n for n in names if any(
                    fnmatch.fnmatch(n, p) for p in only.split(","))]
            if names:
                runs.append(run(*self.args(number, words), "--only",
                                ",".join(names), **how))
        if only is None:
            runs.append(self.in_memory())
        return merge(runs)

    def in_memory(self):
        """Rows of the cases that no daemon can be set up for"""
        rows = {}
        for case in self.wire.CASES:
            why = self.wire.engine_alone(case)
            if not why:
                continue
            with open(case["path"], encoding="utf-8") as f:
                title = f.readline()[2:].strip()
            rows[re.sub(r"\.t$", "", self.wire.name(case))] = {
                "result": "not applicable", "title": title,
                "checks": case["checks"].split(),
                "reason": f"played in memory alone: {why}"}
        return rows


def our_version():
    out = subprocess.run([str(RESTANTE), "--version"], check=True,
                         capture_output=True, text=True).stdout
    return out.split()[-1]


def stand(name):
    return Ours() if name == "restanted" else Stand(name)


# ---- docs/conformance.md ---------------------------------------------------

SERVER_NAMES = ["restanted", "Dovecot", "Courier", "Cyrus", "popa3d",
                "mailutils", "solid-pop3d"]
MARKS = {"passed": "✓", "failed": "✗", "differs": "≠",
         "not applicable": "–"}
MATRIX = ROOT / "docs" / "conformance.md"


def read_matrix(path=MATRIX):
    """{server: {case: mark}}"""
    marks = {}
    for line in path.read_text().splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if cells[0] == "case":
            columns = cells[3:]
        elif re.fullmatch(r"`[a-z0-9/-]+`", cells[0]) and \
                len(cells) == 3 + len(SERVER_NAMES):
            for server, mark in zip(columns, cells[3:]):
                marks.setdefault(server, {})[cells[0].strip("`")] = mark
    return marks


def differences(server, cases):
    """What the matrix does not say so"""
    known = read_matrix()[server]
    return [f"{name}: {MARKS[row['result']]}, known is "
            f"{known.get(name, 'nothing')}: {row.get('reason', '')} "
            f"{row.get('expected', '')} / {row.get('got', '')}"
            for name, row in cases.items()
            if known.get(name) != MARKS[row["result"]]]
