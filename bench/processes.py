#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""processes.py - what does a visit cost in each process of restanted?

    processes.py [--visits 400] [--messages 20] [--octets 55000] [SCENARIO...]

Starts the restanted of $RESTANTE_BUILD (build/release) with one front, makes
a maildrop, and visits it again and again with one client: `poll` asks STAT and
UIDL, `drain` also fetches all messages one by one, `tls-poll` and `tls-drain`
do it over TLS 1.3 with full handshakes.  Prints for each process the CPU time
of a visit (/proc/PID/task/*/schedstat, without tracing) and, from a second
round under strace, its system calls, the commonest ones by name.
"""
import argparse
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

from idle import Session, descendants, name_of

SCENARIOS = ("poll", "drain", "tls-poll", "tls-drain")
MOST = 6        # system calls named


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat",
                  encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


def visit(office, scenario, context, messages):
    tls = scenario.startswith("tls-")
    pop = Session(office.ports["pop3s" if tls else "clear"], None,
                  context if tls else None)
    pop.login("wren", "secret")
    pop.ask("UIDL")
    pop.lines()
    if scenario.endswith("drain"):
        for n in range(1, messages + 1):
            pop.ask(f"RETR {n}")
            pop.lines()
    pop.quit()


class Traced:
    """strace beside each process; counts() ends it"""

    def __init__(self, pids):
        self.dir = tempfile.mkdtemp(prefix="restante-bench-")
        self.running = {}
        for pid in pids:
            self.running[pid] = subprocess.Popen(
                ["strace", "-f", "-c", "-U", "calls,name", "-o",
                 f"{self.dir}/{pid}", "-p", str(pid)],
                stderr=subprocess.PIPE)
            # it says so when it is there
            self.running[pid].stderr.readline()

    def counts(self):
        found = {}
        for pid, process in self.running.items():
            process.send_signal(signal.SIGINT)
            process.communicate()
            with open(f"{self.dir}/{pid}", encoding="ascii") as f:
                found[pid] = {name: int(calls) for calls, name in re.findall(
                    r"^\s*(\d+)\s+(\w+)$", f.read(), re.M)
                    if name != "total"}
        shutil.rmtree(self.dir)
        return found


def measure(office, scenario, context, args):
    pids = descendants(office.pid)
    for _ in range(10):
        visit(office, scenario, context, args.messages)
    before = {p: cpu_ns(p) for p in pids}
    for _ in range(args.visits):
        visit(office, scenario, context, args.messages)
    time.sleep(0.1)     # what comes behind the last reply
    cpu = {p: (cpu_ns(p) - before[p]) / args.visits / 1000 for p in pids}
    traced = Traced(pids)
    few = max(args.visits // 8, 1)
    for _ in range(few):
        visit(office, scenario, context, args.messages)
    time.sleep(0.1)
    calls = {p: {name: n / few for name, n in c.items()}
             for p, c in traced.counts().items()}
    return {p: (name_of(p), cpu[p], calls[p]) for p in pids}


def show(scenario, rows):
    for name, cpu, calls in rows.values():
        first = sorted(calls, key=calls.get, reverse=True)[:MOST]
        print(f"| {scenario} | {name} | {cpu:.0f} | "
              f"{sum(calls.values()):.1f} | "
              + ", ".join(f"{n} {calls[n]:.1f}" for n in first
                          if calls[n] >= 0.05) + " |")
    print(f"| {scenario} | all | {sum(r[1] for r in rows.values()):.0f} | "
          f"{sum(sum(r[2].values()) for r in rows.values()):.1f} | |",
          flush=True)


def main(argv):
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--visits", type=int, default=400)
    p.add_argument("--messages", type=int, default=20)
    p.add_argument("--octets", type=int, default=55000)
    p.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                   help=" ".join(SCENARIOS))
    args = p.parse_args(argv)
    scenarios = args.scenarios or SCENARIOS
    if set(scenarios) - set(SCENARIOS):
        p.error(f"there is no {(set(scenarios) - set(SCENARIOS)).pop()}")
    if shutil.which("strace") is None:
        sys.exit("processes.py: strace is missing: apt-get install strace")
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    os.environ.setdefault("RESTANTE_BUILD",
                          os.path.join(root, "build", "release"))
    sys.path.insert(0, os.path.join(root, "tests", "e2e"))
    from office import Office
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    text = b"Subject: bench\n\n" + b"x" * 69 + b"\n"
    text += (b"y" * 69 + b"\n") * ((args.octets - len(text)) // 71)
    print("| visit | process | CPU, us | calls | of these |")
    print("|---|---|---|---|---|")
    with Office(users={"wren": "{PLAIN}secret"}, server={"fronts": 1},
                listeners={"clear": {"protocol": "pop3", "tls": "start",
                                     "clear_login": "yes"}}) as office:
        for n in range(args.messages):
            # as our delivery names them
            wire = len(text) + text.count(b"\n")
            office.put("wren", text, name=f"17000{n:05d}.{n}.x,"
                       f"S={len(text)},W={wire}")
        for scenario in scenarios:
            show(scenario, measure(office, scenario, context, args))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
