#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""fetch.py - restante beside the other fetchers of this machine

    fetch.py [--messages 2000] [--octets 54000] [--rounds 3] [FETCHER...]

One restanted of $RESTANTE_BUILD (build/release) holds a maildrop; each fetcher
takes all of it into an empty Maildir on tmpfs, and then comes again when there
is nothing new.  mpop, getmail6 and fetchmail (with procmail) are measured when
they are installed.  What was delivered is compared, body by body.  Prints the
median time, CPU (user and system), and the most memory.
"""
import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = {"restante": None, "mpop": "mpop", "getmail6": "getmail",
            "fetchmail": "fetchmail"}


class Server:
    """restanted as the fetchers' configurations want it"""
    host, tls = "127.0.0.1", "none"

    def __init__(self, port):
        self.port = port


def letters(n, octets):
    """bodies of their own, of sizes around the mean"""
    for i in range(n):
        line = b"%06d the post office holds it until it is called for\n" % i
        size = octets // 2 + octets * (i % 11) // 10
        yield (b"From: a@example.net\nSubject: %d\n\n" % i
               + line * (size // len(line) + 1))


def run(fetcher):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    status = fetcher.run()
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status not in fetcher.good:
        sys.exit(f"fetch.py: {fetcher.name} ended with {status}: "
                 + fetcher.output.decode(errors="replace"))
    return (wall, after.ru_utime - before.ru_utime,
            after.ru_stime - before.ru_stime)


def measure(make, where, wanted):
    """first visit and the next, and whether all came"""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(mode=0o755)
    fetcher = make(where / "home")
    fetcher.prepare()
    fetcher.watched = True
    first = run(fetcher)
    memory = fetcher.memory
    sent = [w.replace(b"\n", b"\r\n") for w in wanted]
    if sorted(fetcher.keys()) != sorted(map(fetcher.expected, sent)):
        sys.exit(f"fetch.py: {fetcher.name} delivered something else")
    fetcher.watched = False     # which takes CPU itself
    return first, run(fetcher), memory


def row(name, rounds):
    def med(visit, i):
        return statistics.median(r[visit][i] for r in rounds)
    memory = max(r[2] for r in rounds) / 1e6
    print(f"| {name} | {med(0, 0):.2f} | {med(0, 1):.2f}+{med(0, 2):.2f} | "
          f"{memory:.1f} | {med(1, 0):.3f} | "
          f"{med(1, 1) + med(1, 2):.3f} |", flush=True)


def main(argv):
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--messages", type=int, default=2000)
    p.add_argument("--octets", type=int, default=54000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("fetchers", nargs="*", metavar="FETCHER",
                   help=" ".join(PROGRAMS))
    args = p.parse_args(argv)
    root = Path(__file__).resolve().parent.parent
    os.environ.setdefault("RESTANTE_BUILD", str(root / "build/release"))
    for folder in ("tests/e2e", "tests/client"):
        sys.path.insert(0, str(root / folder))
    from office import Office
    import fetchers as them
    kinds = {"restante": them.Restante, "mpop": them.Mpop,
             "getmail6": them.Getmail, "fetchmail": them.Fetchmail}
    names = args.fetchers or list(PROGRAMS)
    if set(names) - set(kinds):
        p.error(f"there is no {(set(names) - set(kinds)).pop()}")
    texts = list(letters(args.messages, args.octets))
    print(f"{len(texts)} messages, {sum(map(len, texts)) / 1e6:.0f} MB\n")
    print("| fetcher | first visit, s | CPU user+sys, s | peak, MB | "
          "next visit, s | its CPU, s |\n|---|---|---|---|---|---|")
    where = Path(tempfile.mkdtemp(prefix="restante-bench-", dir="/dev/shm"
                                  if os.access("/dev/shm", os.W_OK) else None))
    where.chmod(0o755)
    try:
        with Office(users={"wren": "{PLAIN}secret"},
                    listeners={"clear": {"protocol": "pop3", "tls": "start",
                                         "clear_login": "yes"}}) as office:
            for i, text in enumerate(texts):
                wire = len(text) + text.count(b"\n")
                office.put("wren", text, name=f"17{i:08d}.{i}.x,"
                           f"S={len(text)},W={wire}")
            server = Server(office.ports["clear"])
            for name in names:
                program = PROGRAMS[name]
                if program and shutil.which(program) is None:
                    print(f"| {name} | not installed | | | | |")
                    continue
                row(name, [measure(lambda d: kinds[name](d, server),
                                   where / name, texts)
                           for _ in range(args.rounds)])
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
