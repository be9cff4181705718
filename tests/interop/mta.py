# SPDX-License-Identifier: ISC
"""Postfix and Exim, unpacked, in the foreground, below a temporary directory.

Both take mail by SMTP on a loopback port and hand everything, whatever its
domain, to one server by LMTP or SMTP.  Their settings alter least: what they
still add is one Received field.  Both need root, for they change users; each
runs in mounts of its own, where /etc/passwd also knows the users it was built
for.  Neither reads anything in /etc that is its own.
"""
import os
import pathlib
import shlex
import shutil
import smtplib
import socket
import subprocess
import tempfile
import textwrap
import time

import pytest

import corpus
from ports import free_port
from programs import Daemon, environment, tree


def wait_until(what, seconds, condition):
    """Awaits something that another program will do"""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.02)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Mta:
    """What the two have in common"""

    def __init__(self, package):
        if os.geteuid() != 0:
            pytest.skip(f"{package} changes users: run the tests as root")
        self.tree = tree(package)
        self.env = dict(environment(self.tree), LC_ALL="C", TZ="UTC")
        self.port = free_port()
        # not pytest's own directory: other users must get through
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="restante-mta-"))
        self.base.chmod(0o755)

    def bind(self, users, groups):
        """The shell's beginning that gives this process its own users"""
        etc = self.base / "etc"
        etc.mkdir(exist_ok=True)
        for name, lines in (("passwd", users), ("group", groups)):
            old = pathlib.Path("/etc", name).read_text()
            known = {line.split(":")[0] for line in old.splitlines()}
            new = [x for x in lines if x.split(":")[0] not in known]
            (etc / name).write_text("".join(x + "\n" for x in
                                            old.splitlines() + new))
        return " && ".join(f"mount --bind {shlex.quote(str(etc / name))} "
                           f"/etc/{name}" for name in ("passwd", "group"))

    def inside(self, argv):
        """argv as a command in these mounts"""
        script = self.binds + " && exec " + shlex.join(map(str, argv))
        return ["unshare", "-m", "sh", "-c", script]

    def start(self, argv):
        self.daemon = Daemon(self.inside(argv), env=self.env,
                             log=self.base / "console")
        try:
            wait_until(f"{argv[0]} listens", 20, lambda:
                       self.daemon.process.poll() is not None
                       or answers(self.port))
            assert self.daemon.process.poll() is None, "it ended"
        except AssertionError as e:
            logs = self.logs()
            self.stop()
            raise AssertionError(f"{e}: {logs}") from None

    def run(self, *argv):
        done = subprocess.run(self.inside(argv), env=self.env, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr + self.logs()
        return done.stdout

    def stop(self):
        self.daemon.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def logs(self):
        return "\n".join(p.read_text(errors="replace")[-4000:]
                         for p in (self.base / "console", self.base / "log",
                                   self.base / "mainlog") if p.exists())

    def submit(self, sender, recipients, messages):
        """Hands messages (octets as on disk) over; all must be accepted"""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60,
                          local_hostname="client.example.net") as smtp:
            for octets in messages:
                refused = smtp.sendmail(sender, recipients,
                                        corpus.wire(octets),
                                        mail_options=["BODY=8BITMIME"])
                assert not refused


class Postfix(Mta):
    """transport: "lmtp:inet:127.0.0.1:PORT" or "smtp:[127.0.0.1]:PORT" """
    name = "Postfix"

    def __init__(self, transport, tls="none"):
        super().__init__("postfix")
        conf, queue, data = (self.base / x for x in ("conf", "queue", "data"))
        for p in (conf, queue, data):
            p.mkdir()
        self.binds = self.bind(
            ["postfix:x:5101:5101::/nonexistent:/usr/sbin/nologin"],
            ["postfix:x:5101:", "postdrop:x:5102:"])
        for sub in ("active", "bounce", "corrupt", "defer", "deferred",
                    "flush", "hold", "incoming", "maildrop", "private",
                    "public", "saved", "trace", "pid"):
            (queue / sub).mkdir()
            if sub != "pid":
                os.chown(queue / sub, 5101, 5102)
        os.chown(data, 5101, 5101)
        lib = self.tree / "usr/lib/postfix"
        # What is off here, and why: a line limit would insert line ends;
        # dropping Return-Path is the last server's business; no address is
        # completed, no missing field added.
        (conf / "main.cf").write_text(textwrap.dedent(f"""\
            compatibility_level = 3.6
            config_directory = {conf}
            queue_directory = {queue}
            data_directory = {data}
            daemon_directory = {lib}/sbin
            command_directory = {self.tree}/usr/sbin
            meta_directory = {conf}
            shlib_directory = {lib}
            import_environment = MAIL_CONFIG TZ=UTC LC_ALL=C LD_LIBRARY_PATH
            maillog_file = {self.base}/log
            maillog_file_prefixes = {self.base}
            mail_owner = postfix
            setgid_group = postdrop
            default_privs = nobody
            myhostname = mx.example.net
            mydomain = example.net
            mydestination =
            alias_maps =
            mynetworks = 127.0.0.0/8
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtpd_peername_lookup = no
            smtpd_relay_restrictions = permit_mynetworks, reject
            smtp_dns_support_level = disabled
            default_transport = {transport}
            relay_transport = {transport}
            lmtp_line_length_limit = 0
            smtp_line_length_limit = 0
            message_drop_headers =
            local_header_rewrite_clients =
            remote_header_rewrite_domain =
            lmtp_tls_security_level = none
            smtp_tls_security_level = {tls}
            minimal_backoff_time = 1000s
            queue_run_delay = 1000s
            destination_concurrency_feedback_debug = no
            """))
        (conf / "master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n" +
            "".join(f"{name} unix {private} - n {wake} {limit} {command}\n"
                    for name, private, wake, limit, command in (
                        ("pickup", "n", "1000", "1", "pickup"),
                        ("cleanup", "n", "-", "0", "cleanup"),
                        ("qmgr", "n", "300", "1", "qmgr"),
                        ("rewrite", "-", "-", "-", "trivial-rewrite"),
                        ("bounce", "-", "-", "0", "bounce"),
                        ("defer", "-", "-", "0", "bounce"),
                        ("trace", "-", "-", "0", "bounce"),
                        ("showq", "n", "-", "-", "showq"),
                        ("flush", "n", "1000?", "0", "flush"),
                        ("proxymap", "-", "-", "-", "proxymap"),
                        ("tlsmgr", "-", "1000?", "1", "tlsmgr"),
                        ("smtp", "-", "-", "-", "smtp"),
                        ("lmtp", "-", "-", "-", "lmtp"),
                        ("error", "-", "-", "-", "error"),
                        ("retry", "-", "-", "-", "error"),
                        ("anvil", "-", "-", "1", "anvil"),
                        ("scache", "-", "-", "1", "scache"))) +
            "postlog unix-dgram n - n - 1 postlogd\n")
        self.env["MAIL_CONFIG"] = str(conf)
        self.start([lib / "sbin/master", "-c", conf, "-s"])

    def flush(self):
        self.run(self.tree / "usr/sbin/postqueue", "-f")

    def waiting(self):
        """how many messages are still in the queue"""
        queue = self.base / "queue"
        return sum(1 for sub in ("incoming", "active", "deferred", "maildrop")
                   for p in (queue / sub).rglob("*") if p.is_file())

    def deferred(self):
        return sum(p.is_file() for p in
                   (self.base / "queue/deferred").rglob("*"))


class Exim(Mta):
    name = "Exim"

    def __init__(self, port, protocol="lmtp"):
        super().__init__("exim4-daemon-light")
        spool = self.base / "spool"
        spool.mkdir()
        os.chown(spool, 5103, 5103)
        os.chown(self.base, 5103, 5103)
        self.binds = self.bind(
            ["Debian-exim:x:5103:5103::/nonexistent:/usr/sbin/nologin"],
            ["Debian-exim:x:5103:"])
        self.conf = self.base / "exim.conf"
        self.exim = self.tree / "usr/sbin/exim4"
        # What is off here, and why: as for Postfix
        self.conf.write_text(textwrap.dedent(f"""\
            primary_hostname = mx.example.net
            exim_path = {self.base}/exim
            spool_directory = {spool}
            log_file_path = {self.base}/%slog
            pid_file_path = {self.base}/pid
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = {self.port}
            tls_advertise_hosts =
            host_lookup =
            rfc1413_hosts =
            smtp_accept_queue_per_connection = 0
            accept_8bitmime = true
            return_path_remove = false
            delivery_date_remove = false
            envelope_to_remove = false
            acl_smtp_rcpt = rcpt
            begin acl
            rcpt:
              accept control = suppress_local_fixups
            begin routers
            all:
              driver = accept
              transport = out
            begin transports
            out:
              driver = smtp
              protocol = {protocol}
              hosts = 127.0.0.1
              port = {port}
              allow_localhost
              hosts_override
              hosts_try_auth =
              message_linelength_limit = 1000000
              connection_max_messages = 50
            begin retry
            * * F,1h,1s
            """))
        # Exim calls itself anew, and this path must find the libraries
        wrapper = self.base / "exim"
        wrapper.symlink_to(self.exim)
        self.start([self.exim, "-C", self.conf, "-bdf", "-q1h"])

    def flush(self):
        self.run(self.exim, "-C", self.conf, "-qff")

    def waiting(self):
        return int(self.run(self.exim, "-C", self.conf, "-bpc"))

    deferred = waiting
