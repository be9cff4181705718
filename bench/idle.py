#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""idle.py - what does a logged-in session that does nothing cost?

    idle.py [--sessions 10000] [--messages 5] [--fronts 0]
    idle.py --pid PID --port PORT [--tls] [--sessions 10000]
            [--users 'u%05d'] [--password secret] [--worker NAME]

Without --pid it starts the restanted of $RESTANTE_BUILD (build/release) and
measures it twice, in plain text and over TLS; the second form is for any
server that runs already.

Opens the sessions, each of a user of its own, from many loopback addresses;
keeps them all; meanwhile one more client (--worker) visits again and again
and must be served as if it were alone.  Prints the memory (PSS) of PID and
all its descendants before, with all sessions held, and the quotient.  Then
every session must still answer NOOP and QUIT.  Exit status 0 only if all did.

PSS does not contain kernel memory: sockets, page tables, epoll entries.
"""
import argparse
import concurrent.futures
import json
import os
import resource
import socket
import ssl
import sys
import threading
import time

ADDRESSES = 64      # the sessions come from 127.0.1.1 ... 127.0.1.64


class Refused(Exception):
    """The server said something else than +OK"""


class Session:
    """A POP3 session with a blocking socket and nothing more"""

    def __init__(self, port, source, context, timeout=60):
        self.sock = socket.socket()
        self.sock.settimeout(timeout)
        if source:
            # the port only when the other end is known: no 28,000 limit
            self.sock.setsockopt(socket.IPPROTO_IP, 24, 1)
            self.sock.bind((source, 0))
        self.sock.connect(("127.0.0.1", port))
        if context:
            self.sock = context.wrap_socket(self.sock)
        self.rest = b""
        self.reply()

    def reply(self):
        while b"\n" not in self.rest:
            more = self.sock.recv(4096)
            if not more:
                raise Refused("the server has closed the connection")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        if not line.startswith(b"+OK"):
            raise Refused(line.decode(errors="replace"))
        return line

    def lines(self):
        """the rest of a multi-line reply, as one piece"""
        while not ("\r\n" + self.rest.decode("latin-1")).endswith(
                "\r\n.\r\n"):
            more = self.sock.recv(1 << 16)
            if not more:
                raise Refused("the server has closed the connection")
            self.rest += more
        whole, self.rest = self.rest, b""
        return whole

    def ask(self, command):
        self.sock.sendall(command.encode() + b"\r\n")
        return self.reply()

    def login(self, user, password):
        self.ask("USER " + user)
        self.ask("PASS " + password)
        self.ask("STAT")

    def quit(self):
        self.ask("QUIT")
        self.sock.close()


def descendants(pid):
    """pid and everything below it"""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children",
                      encoding="ascii") as f:
                for child in f.read().split():
                    found += descendants(int(child))
    except FileNotFoundError:
        pass
    return found


def pss_kib(pid):
    """{pid: KiB} of the tree"""
    sizes = {}
    for p in descendants(pid):
        try:
            with open(f"/proc/{p}/smaps_rollup", encoding="ascii") as f:
                sizes[p] = sum(int(line.split()[1]) for line in f
                               if line.startswith("Pss:"))
        except FileNotFoundError:
            pass
    return sizes


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
        return f.read().strip()


class Worker(threading.Thread):
    """Another client, that visits until it is told to stop"""

    def __init__(self, port, context, user, password):
        super().__init__(daemon=True)
        self.args = port, context, user, password
        self.done = threading.Event()
        self.visits, self.slowest, self.failure = 0, 0.0, None

    def run(self):
        port, context, user, password = self.args
        while not self.done.is_set():
            begin = time.monotonic()
            try:
                self.visit(Session(port, "127.0.2.1", context), user,
                           password)
            except (OSError, Refused) as e:
                self.failure = f"visit {self.visits}: {e}"
                return
            self.visits += 1
            self.slowest = max(self.slowest, time.monotonic() - begin)

    @staticmethod
    def visit(pop, user, password):
        pop.login(user, password)
        count = int(pop.ask("STAT").split()[1])
        for n in range(1, min(count, 3) + 1):
            octets = int(pop.ask(f"LIST {n}").split()[2])
            pop.ask(f"RETR {n}")
            got = pop.lines()
            stuffed = (b"\r\n" + got).count(b"\r\n..")
            if len(got) - 3 - stuffed != octets:
                raise Refused(f"RETR {n}: {len(got)} octets, not {octets}")
        pop.quit()


def open_all(args, context):
    """all sessions, logged in; the first failure ends it"""
    def one(n):
        pop = Session(args.port, f"127.0.1.{n % ADDRESSES + 1}", context)
        pop.login(args.users % n, args.password)
        return pop
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(args.sessions)))


def measure(args):
    context = None
    if args.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # what the server loads once must not count: some visits first
    for n in range(4):
        pop = Session(args.port, None, context)
        pop.login(args.users % n, args.password)
        pop.quit()
    time.sleep(args.settle)
    before = pss_kib(args.pid)
    worker = Worker(args.port, context, args.worker, args.password)
    if args.worker:
        worker.start()
    begin = time.monotonic()
    sessions = open_all(args, context)
    opened = time.monotonic() - begin
    time.sleep(args.hold)
    worker.done.set()
    if args.worker:
        worker.join(60)
    time.sleep(args.settle)
    held = pss_kib(args.pid)
    for pop in sessions:
        pop.ask("NOOP")
    for pop in sessions:
        pop.quit()
    return {
        "sessions": len(sessions), "tls": bool(args.tls),
        "opened_s": round(opened, 2),
        "pss_before_kib": sum(before.values()),
        "pss_held_kib": sum(held.values()),
        "kib_per_session": round(
            (sum(held.values()) - sum(before.values())) / len(sessions), 3),
        "processes": {f"{p} {name_of(p)}": [before.get(p, 0), kib]
                      for p, kib in held.items()},
        "visits": worker.visits,
        "slowest_visit_ms": round(worker.slowest * 1000, 1),
        "visit_failure": worker.failure,
    }


def raise_limit(needed, better):
    """Open files: ours, and what a server started from here inherits"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for soft_wanted, hard_wanted in ((better, max(hard, better)),
                                     (min(better, hard), hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (max(soft, soft_wanted), hard_wanted))
            break
        except (ValueError, PermissionError):
            continue
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < needed:
        sys.exit(f"idle.py: needs {needed} open files, may have {hard}: "
                 f"run it as root or raise `ulimit -n`")


def parse(argv):
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pid", type=int)
    p.add_argument("--port", type=int)
    p.add_argument("--messages", type=int, default=5)
    p.add_argument("--fronts", type=int, default=0)
    p.add_argument("--tls", action="store_true")
    p.add_argument("--sessions", type=int, default=10000)
    p.add_argument("--users", default="u%05d")
    p.add_argument("--password", default="secret")
    p.add_argument("--worker", default="")
    p.add_argument("--hold", type=float, default=2)
    p.add_argument("--settle", type=float, default=0.5)
    p.add_argument("--json", action="store_true")
    return p.parse_args(argv)


def report(args, r):
    if args.json:
        print(json.dumps(r))
        return
    print(f"{r['sessions']} sessions{' over TLS' if r['tls'] else ''}, "
          f"opened in {r['opened_s']} s")
    for name, (was, now) in r["processes"].items():
        print(f"  {was:8} -> {now:8} KiB  {name}")
    print(f"  {r['pss_before_kib']:8} -> {r['pss_held_kib']:8} KiB: "
          f"{r['kib_per_session']} KiB a session")
    print(f"  meanwhile {r['visits']} visits of another client, the "
          f"slowest {r['slowest_visit_ms']} ms", flush=True)


def run(args):
    """One measurement; true when everybody was served"""
    try:
        r = measure(args)
    except (OSError, Refused) as e:
        print(f"idle.py: {e}", file=sys.stderr)
        return False
    report(args, r)
    if r["visit_failure"]:
        print(f"idle.py: {r['visit_failure']}", file=sys.stderr)
    return not r["visit_failure"]


def run_own(args):
    """A restanted of our own, with maildrops for everybody"""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    os.environ.setdefault("RESTANTE_BUILD",
                          os.path.join(root, "build", "release"))
    sys.path.insert(0, os.path.join(root, "tests", "e2e"))
    from office import Office
    users = [args.users % n for n in range(args.sessions)]
    args.worker = args.worker or "worker"
    good = True
    for args.tls in (False, True):
        with Office(
                users={u: "{PLAIN}" + args.password
                       for u in [args.worker, *users]},
                server={"fronts": args.fronts},
                limits={"sessions": args.sessions + 100,
                        "sessions_per_address": args.sessions + 100},
                listeners={"clear": {"protocol": "pop3", "tls": "start",
                                     "clear_login": "yes"}}) as office:
            furnish(office, users + [args.worker], args.messages)
            args.pid = office.pid
            args.port = office.ports["pop3s" if args.tls else "clear"]
            good = run(args) and good
    return good


def furnish(office, users, messages):
    """the same few messages for everybody, by links"""
    first = None
    for user in users:
        office.maildir(user)
        for n in range(messages):
            if first is None:
                first = office.put(user, b"Subject: x\n\n" + b"hello\n" * 300,
                                   name="1700000000.0.x")
            else:
                os.link(first, office.mail_root / user / "new" /
                        f"1700000000.{n}.x")


def main(argv):
    args = parse(argv)
    # a server needs more than one for each session
    raise_limit(args.sessions + 100, 4 * args.sessions + 1000)
    return 0 if (run if args.pid else run_own)(args) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
