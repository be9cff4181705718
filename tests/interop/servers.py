# SPDX-License-Identifier: ISC
"""Other people's POP3 servers, unpacked, each with mail for our client.

All of them need root, for they change users.  Each runs in mounts and a
process namespace of its own, where the unpacked programs lie over /usr and
/etc knows its users; when that is killed, nothing of it is left.  Nothing of
theirs is ever started by an init script.

A server has `users` whose password is `secret`, `ways` to reach it, and says
for each message put in what a client must get: put(), want(), got().
"""
import base64
import contextlib
import gzip
import hashlib
import itertools
import os
import pathlib
import poplib
import re
import shlex
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings

import pytest

import corpus
from mta import answers, free_port, wait_until
from office import Office, pki
from programs import tree

with warnings.catch_warnings():
    # gone in Python 3.13; Debian 12 has 3.11
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "secret"
MAIL_ID = 64003         # who owns the mail
HOST_NAME = "pop.example.net"


def every_lf(octets):
    """What a client stores when the server puts a CR before every LF, also
    where there is one"""
    return octets if octets.endswith(b"\n") else octets + b"\n"


class Way:
    """One way to a server; desk.Desk.account takes it for a server"""
    host = "127.0.0.1"

    def __init__(self, tls, port, name=HOST_NAME):
        self.tls, self.port, self.name = tls, port, name

    def settings(self):
        """what an account must say besides host, port and tls"""
        if self.tls == "none":
            return {}
        return {"ca_file": pki().ca, "tls_name": self.name}


class Peer:
    """What all have in common"""
    name = ""
    packages = ()
    tls = ()            # of "implicit", "start"
    header = ()         # fields that it puts in front of a message

    def __init__(self, users=40, passwords=None):
        """passwords: {name: password} of users besides those with
        PASSWORD"""
        if os.geteuid() != 0:
            pytest.skip(f"{self.name} changes users: run the tests as root")
        self.tree = tree(*self.packages)
        # not pytest's own directory: other users must get through
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="restante-peer-"))
        self.base.chmod(0o755)
        self.passwords = dict(passwords or {})
        self._unused = iter([f"user{n:02d}" for n in range(users)])
        self.users = [f"user{n:02d}" for n in range(users)] + \
            list(self.passwords)
        self._names = itertools.count(1)
        self.pop3, self.pop3s = free_port(), free_port()
        self.ways = {"none": Way("none", self.pop3)}
        if "start" in self.tls:
            self.ways["start"] = Way("start", self.pop3)
        if "implicit" in self.tls:
            self.ways["implicit"] = Way("implicit", self.pop3s)
        self.process = None
        self.etc = self.dir("etc")
        self.mail = self.dir("mail", MAIL_ID)
        # a package's /lib is not yet what /lib is today
        self.binds = [f"mount -t overlay overlay -o lowerdir={ours}:{over} "
                      f"{over}"
                      for ours, over in ((self.tree / "usr", "/usr"),
                                         (self.tree / "lib", "/usr/lib"),
                                         (self.etc, "/etc"))
                      if ours.exists()]
        if "implicit" in self.tls:
            cert, key = pki().certificate(HOST_NAME)
            self.cert, self.key = self.base / "cert", self.base / "key"
            shutil.copy(cert, self.cert)
            shutil.copy(key, self.key)
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise

    def prepare(self):
        """Writes its configuration"""
        raise NotImplementedError

    def command(self):
        """A line of shell that starts it in the foreground"""
        raise NotImplementedError

    def password(self, user):
        return self.passwords.get(user, PASSWORD)

    def version(self):
        """of the Debian package that it is named for"""
        notes = self.tree / "usr/share/doc" / self.packages[0]
        with gzip.open(notes / "changelog.Debian.gz", "rt",
                       errors="replace") as f:
            return f.readline().split("(")[1].split(")")[0]

    def dir(self, name, owner=None):
        path = self.base / name
        path.mkdir(exist_ok=True)
        if owner is not None:
            os.chown(path, owner, owner)
        return path

    def bind(self, name, over, owner=None):
        """A directory of ours in the place of one of the system's"""
        self.binds.append(f"mount --bind {self.dir(name, owner)} {over}")

    def system_users(self, *more):
        """/etc with our users in it: (name, id) that it is built for"""
        rows = {"passwd": [f"{n}:x:{i}:{i}::/nonexistent:/usr/sbin/nologin"
                           for n, i in more],
                "group": [f"{n}:x:{i}:" for n, i in
                          (*more, ("restante-mail", MAIL_ID))],
                "shadow": []}
        for user in self.users:
            rows["passwd"].append(f"{user}:x:{MAIL_ID}:{MAIL_ID}::"
                                  "/nonexistent:/bin/sh")
            hashed = crypt.crypt(self.password(user), "$5$rounds=1000$salt$")
            rows["shadow"].append(f"{user}:{hashed}:19000:0:99999:7:::")
        for name, lines in rows.items():
            taken = {line.split(":")[0] for line in lines}
            old = [line for line in
                   pathlib.Path("/etc", name).read_text().splitlines()
                   if line.split(":")[0] not in taken]
            path = self.etc / name
            path.write_text("\n".join(old + lines) + "\n")
            path.chmod(0o640 if name == "shadow" else 0o644)

    # -- the process --

    def inside(self, script):
        return ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc",
                "sh", "-c", " && ".join([*self.binds, script])]

    def start(self):
        with open(self.base / "console", "ab") as out:
            self.process = subprocess.Popen(
                self.inside(self.command()), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, cwd="/",
                env=dict(os.environ, LC_ALL="C", TZ="UTC"))
        wait_until(f"{self.name} listens: {self.log()}", 30, lambda:
                   self.process.poll() is not None or self.ready())
        assert self.process.poll() is None, self.log()

    def ready(self):
        with contextlib.suppress(OSError), socket.create_connection(
                ("127.0.0.1", self.pop3), 5) as s:
            s.settimeout(5)
            if s.recv(3) == b"+OK":
                return "implicit" not in self.tls or answers(self.pop3s)
        return False

    def stop(self):
        """The whole process namespace ends with its first process"""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def log(self):
        return "\n".join(p.read_text(errors="replace")[-3000:]
                         for p in (self.base / "console", self.base / "log")
                         if p.exists())

    # -- its mail --

    def user(self):
        """A user whom no test has had yet"""
        return next(self._unused)

    def maildir(self, user):
        """Where a user's Maildir lies; made when it is not there"""
        path = self.mail / user
        if not path.exists():
            for p in (path, path / "tmp", path / "new", path / "cur"):
                p.mkdir(mode=0o700)
                os.chown(p, MAIL_ID, MAIL_ID)
        return path

    def put(self, user, messages):
        """Gives a user these messages: [(name, octets)]"""
        box = self.maildir(user)
        for _, octets in messages:
            name = f"17000{next(self._names):05d}.M1P1.peer"
            tmp = box / "tmp" / name
            tmp.write_bytes(octets)
            os.chown(tmp, MAIL_ID, MAIL_ID)
            tmp.rename(box / "new" / name)

    def left(self, user):
        """How many messages lie there, and can be fetched again"""
        return len(corpus.maildir_files(self.mail / user))

    def want(self, octets):
        """What a client must store of a message that was put in, line ends
        as LF"""
        return corpus.lines(octets)

    def got(self, octets):
        """What a client stored, without the fields that the server added;
        an AssertionError when they are not there"""
        if not self.header:
            return octets
        fields, rest = corpus.take_fields(octets, len(self.header))
        assert tuple(f.split(b":")[0].decode() for f in fields) == \
            self.header, fields
        return rest


class Dovecot(Peer):
    """As it comes, but for one login process that lives on, without which
    it resumes no TLS session (each process has a ticket key of its own)."""
    name = "Dovecot"
    # lmtpd first: it names the directory, and another test has the other
    packages = ("dovecot-lmtpd", "dovecot-core", "dovecot-pop3d")
    tls = ("start", "implicit")

    def prepare(self):
        for name in ("run", "state"):
            self.dir(name)
        self.dir("home", MAIL_ID)
        self.lmtp = free_port()
        (self.base / "users").write_text("".join(
            f"{u}:{{PLAIN}}{self.password(u)}\n" for u in self.users))
        (self.base / "conf").write_text(textwrap.dedent(f"""\
            protocols = pop3 lmtp
            listen = 127.0.0.1
            base_dir = {self.base}/run
            state_dir = {self.base}/state
            log_path = {self.base}/log
            login_trusted_networks =
            default_login_user = nobody
            default_internal_user = nobody
            default_internal_group = nogroup
            auth_mechanisms = plain
            auth_failure_delay = 0
            disable_plaintext_auth = no
            ssl = yes
            ssl_cert = <{self.cert}
            ssl_key = <{self.key}
            mail_location = maildir:{self.mail}/%n
            mail_uid = {MAIL_ID}
            mail_gid = {MAIL_ID}
            first_valid_uid = {MAIL_ID}
            lmtp_add_received_header = no
            passdb {{
              driver = passwd-file
              args = username_format=%n {self.base}/users
            }}
            userdb {{
              driver = static
              args = uid={MAIL_ID} gid={MAIL_ID} home={self.base}/home/%n
            }}
            service pop3-login {{
              chroot =
              service_count = 0
              process_limit = 1
              inet_listener pop3 {{
                port = {self.pop3}
              }}
              inet_listener pop3s {{
                port = {self.pop3s}
                ssl = yes
              }}
            }}
            service lmtp {{
              inet_listener lmtp {{
                port = {self.lmtp}
              }}
            }}
            service anvil {{
              chroot =
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            """))

    def command(self):
        return f"exec /usr/sbin/dovecot -F -c {self.base}/conf"

    def forget_uidls(self, user):
        """Another UIDVALIDITY, and so another UIDL for every message"""
        head = (self.maildir(user) / "dovecot-uidlist").read_text()
        old = int(re.search(r" V(\d+)", head)[1])
        for path in self.maildir(user).glob("dovecot*"):
            path.unlink()
        # it is the time in seconds: one that has passed is not given again
        while time.time() < old + 1:
            time.sleep(0.05)


class Courier(Peer):
    """authdaemond with the userdb module; couriertls does the TLS.  To whom
    does not say UTF8 (RFC 6856) it sends a message with 8-bit octets in its
    header as an attachment of a letter of its own: those in the corpus come
    whole because restante says it."""
    name = "Courier"
    packages = ("courier-pop", "courier-base", "courier-authdaemon",
                "courier-authlib", "courier-authlib-userdb")
    tls = ("start", "implicit")

    def prepare(self):
        courier = self.etc / "courier"
        shutil.copytree(self.tree / "etc/courier", courier)
        self.bind("etc/courier", "/etc/courier")    # it writes there
        self.bind("run", "/run")
        for name in ("run/courier", "run/courier/authdaemon"):
            self.dir(name)
        rc = courier / "authdaemonrc"
        rc.write_text(re.sub(r'(?m)^authmodulelist=.*',
                             'authmodulelist="authuserdb"', rc.read_text()))
        # makeuserdb wants tabs: name, fields
        (courier / "userdb").write_text("".join(
            f"{u}\tuid={MAIL_ID}|gid={MAIL_ID}|home={self.mail}|"
            f"mail={self.mail}/{u}|systempw={{SHA}}{self.sha(u)}\n"
            for u in self.users))
        (courier / "userdb").chmod(0o600)
        (self.base / "pem").write_bytes(self.key.read_bytes() +
                                        self.cert.read_bytes())
        self.system_users(("courier", 5104))

    def sha(self, user):
        return base64.b64encode(hashlib.sha1(
            self.password(user).encode()).digest()).decode()

    def listen(self, port, *through, **more):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
               "COURIERTLS": "/usr/bin/couriertls",
               "TLS_CERTFILE": self.base / "pem", "TLS_VERIFYPEER": "NONE",
               "TLS_TRUSTCERTS": pki().ca, "POP3_TLS_REQUIRED": "0",
               "POP3AUTH": "PLAIN LOGIN", "POP3AUTH_TLS": "PLAIN LOGIN",
               "MAILDIRPATH": "Maildir", **more}
        lib = "/usr/lib/courier/courier"
        return shlex.join([
            "env", "-i", *(f"{k}={v}" for k, v in env.items()),
            "/usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=100",
            "-maxperip=100", "-nodnslookup", "-noidentlookup",
            "-stderrlogger=/usr/sbin/courierlogger", str(port), *through,
            f"{lib}/courierpop3login", f"{lib}/courierpop3d", "Maildir"])

    def command(self):
        plain = self.listen(self.pop3, POP3_STARTTLS="YES", POP3_TLS="0")
        tls = self.listen(self.pop3s, "/usr/bin/couriertls", "-server",
                          "-tcpd", POP3_STARTTLS="NO", POP3_TLS="1")
        return ("makeuserdb && /usr/sbin/authdaemond start && "
                f"{{ {tls} & exec {plain}; }}")

    def want(self, octets):
        return every_lf(octets)


class Cyrus(Peer):
    """It keeps a store of its own, so that mail comes in by LMTP, gets four
    fields for it, and loses its bare CRs."""
    name = "Cyrus"
    packages = ("cyrus-pop3d", "cyrus-common", "sasl2-bin",
                "libsasl2-modules-db", "libsasl2-modules")
    tls = ("start", "implicit")
    header = ("Return-Path", "Received", "X-Cyrus-Session-Id", "X-Sieve")
    ID = 5105

    def prepare(self):
        run = self.dir("run", self.ID)
        for name in ("var", "spool", "run/proc", "run/lock", "run/socket"):
            self.dir(name, self.ID)
        os.chown(self.key, self.ID, self.ID)
        self.key.chmod(0o600)
        self.socket = run / "socket" / "lmtp"
        self.lmtp = free_port()
        # its users are its own, not the system's
        self.system_users(("cyrus", self.ID))
        conf = self.base / "imapd.conf"
        conf.write_text(textwrap.dedent(f"""\
            configdirectory: {self.base}/var
            proc_path: {run}/proc
            mboxname_lockpath: {run}/lock
            defaultpartition: default
            partition-default: {self.base}/spool
            hashimapspool: true
            unixhierarchysep: yes
            altnamespace: no
            allowplaintext: yes
            popminpoll: 0
            munge8bit: no
            autocreate_quota: 100000000
            autocreate_post: yes
            sasl_pwcheck_method: auxprop
            sasl_auxprop_plugin: sasldb
            sasl_sasldb_path: {self.base}/sasldb
            sasl_mech_list: PLAIN LOGIN
            lmtpsocket: {self.socket}
            duplicatesuppression: 0
            expunge_mode: immediate
            tls_server_cert: {self.cert}
            tls_server_key: {self.key}
            tls_sessions_db: skiplist
            servername: {HOST_NAME}
            cyrus_user: cyrus
            """))
        at = "/usr/lib/cyrus/bin"
        services = "".join(
            f'{name} cmd="{at}/{what}" listen="{where}" prefork=0 '
            'maxchild=50\n' for name, what, where in (
                ("pop3", f"pop3d -C {conf} -U 30", f"127.0.0.1:{self.pop3}"),
                ("pop3s", f"pop3d -C {conf} -s -U 30",
                 f"127.0.0.1:{self.pop3s}"),
                ("lmtp", f"lmtpd -C {conf} -a", self.socket),
                ("lmtptcp", f"lmtpd -C {conf} -a",
                 f"127.0.0.1:{self.lmtp}")))
        (self.base / "cyrus.conf").write_text(
            f'START {{\nrecover cmd="{at}/ctl_cyrusdb -C {conf} -r"\n}}\n'
            f"SERVICES {{\n{services}}}\nEVENTS {{\n}}\n")
        subprocess.run(self.inside("".join(
            f"echo {shlex.quote(self.password(u))} | /usr/sbin/saslpasswd2 -p -c "
            f"-f {self.base}/sasldb -u {HOST_NAME} {u}; "
            for u in self.users)), check=True, capture_output=True,
            timeout=60)
        os.chown(self.base / "sasldb", self.ID, self.ID)

    def command(self):
        return (f"exec /usr/lib/cyrus/bin/master -C {self.base}/imapd.conf "
                f"-M {self.base}/cyrus.conf -p {self.base}/run/master.pid")

    def put(self, user, messages):
        with LmtpSocket(self.socket) as lmtp:
            for _, octets in messages:
                lmtp.sendmail("finch@example.net", [user],
                              corpus.wire(octets))

    def left(self, user):
        pop = poplib.POP3("127.0.0.1", self.pop3, timeout=60)
        pop.user(user)
        pop.pass_(PASSWORD)
        count = pop.stat()[0]
        pop.quit()
        return count

    def want(self, octets):
        return corpus.lines(corpus.without_return_path(octets)).replace(
            b"\r", b"")


class LmtpSocket(smtplib.LMTP):
    """LMTP on a local socket"""

    def __init__(self, path):
        super().__init__(str(path), local_hostname="client.example.net")


class Popa3d(Peer):
    """Its port 110 is compiled in when it listens itself; under inetd it
    does not matter, and inetd.py is one.  mbox, passwords by PAM, no TLS."""
    name = "popa3d"
    packages = ("popa3d",)

    def prepare(self):
        self.system_users(("popa3d", 5106))
        shutil.copytree("/etc/pam.d", self.etc / "pam.d")
        shutil.copy(self.tree / "etc/pam.d/popa3d", self.etc / "pam.d/popa3d")
        self.bind("lib", "/var/lib")
        self.dir("lib/popa3d")
        self.mail.chmod(0o1777)
        self.bind("mail", "/var/mail")

    def command(self):
        return shlex.join(["exec", sys.executable, str(HERE / "inetd.py"),
                           str(self.pop3), "/usr/sbin/popa3d"])

    def put(self, user, messages):
        path = self.mail / user
        with open(path, "ab") as box:
            for _, octets in messages:
                box.write(b"From finch@example.net Thu Jan  1 00:00:00 1970"
                          b"\n" + self.want(octets) + b"\n")
        os.chown(path, MAIL_ID, MAIL_ID)
        path.chmod(0o600)

    def want(self, octets):
        """What mbox cannot hold otherwise is quoted when it is put in, and
        popa3d does not take that back"""
        return re.sub(rb"(?m)^From ", b">From ", corpus.lines(octets))

    def left(self, user):
        return len(re.findall(rb"(?m)^From ",
                              (self.mail / user).read_bytes()))


class Mailutils(Peer):
    """A daemon on Maildirs, passwords from /etc/shadow.  It writes an X-UIDL
    field into every message that has none, where it likes: so each gets one
    when it is put in.  It writes the other fields anew all the same."""
    name = "mailutils"
    packages = ("mailutils-pop3d", "mailutils-common")

    def prepare(self):
        self.system_users()
        lock = self.dir("lock")
        lock.chmod(0o1777)
        (self.base / "conf").write_text(textwrap.dedent(f"""\
            mode daemon;
            max-children 100;
            server 127.0.0.1:{self.pop3} {{
              single-process no;
              backlog 100;
            }};
            mailbox {{
              mail-spool "maildir:{self.mail}";
              mailbox-type maildir;
            }};
            auth {{
              authentication generic:system;
              authorization system;
            }};
            logging {{
              syslog no;
              severity warning;
            }};
            tcp-wrappers {{
              enable no;
            }};
            mandatory-locking {{
              enable yes;
              lock-directory "{lock}";
            }};
            """))

    def command(self):
        return ("exec /usr/sbin/pop3d --foreground --daemon "
                f"--config-file={self.base}/conf")

    def put(self, user, messages):
        super().put(user, [(n, self.uidl(o) + o) for n, o in messages])

    def want(self, octets):
        """Behind the colon of a field is one blank then"""
        head, blank, body = every_lf(self.uidl(octets) +
                                     octets).partition(b"\n\n")
        return re.sub(rb"(?m)^([!-9;-~]+):[ \t]*", rb"\1: ",
                      head) + blank + body

    @staticmethod
    def uidl(octets):
        digest = hashlib.md5(octets).hexdigest().encode()
        return b"X-UIDL: %s.1700000000.1\n" % digest


class SolidPop3d(Peer):
    """From inetd.  Maildirs, passwords by PAM, no TLS."""
    name = "solid-pop3d"
    packages = ("solid-pop3d",)

    def prepare(self):
        self.system_users(("spop3d", 5107))
        shutil.copytree("/etc/pam.d", self.etc / "pam.d")
        shutil.copy(self.tree / "etc/pam.d/solid-pop3d",
                    self.etc / "pam.d/solid-pop3d")
        (self.base / "conf").write_text(textwrap.dedent(f"""\
            <Global>
              MailDropName "{self.mail}/%s"
              MailDropType maildir
              LogStatistics no
            </Global>
            """))

    def command(self):
        return shlex.join(["exec", sys.executable, str(HERE / "inetd.py"),
                           str(self.pop3), "/usr/sbin/solid-pop3d", "-f",
                           str(self.base / "conf")])


class Ours:
    """restanted, as the others"""
    name = "restanted"
    tls = ("start", "implicit")

    def __init__(self):
        self.office = Office(
            users={"postmaster": "{PLAIN}" + PASSWORD}, start=True,
            listeners={"pop3": {"protocol": "pop3", "tls": "start",
                                "clear_login": "yes"}})
        ports = self.office.ports
        self.lmtp = ports["lmtp"]
        self.ways = {"none": Way("none", ports["pop3"], "localhost"),
                     "start": Way("start", ports["pop3"], "localhost"),
                     "implicit": Way("implicit", ports["pop3s"],
                                     "localhost")}
        self._names = itertools.count(1)

    def user(self):
        name = f"user{next(self._names):02d}"
        self.office.passwords[name] = "{PLAIN}" + PASSWORD
        self.office.write_users()
        self.office.reload()
        return name

    def put(self, user, messages):
        self.maildir(user)
        for _, octets in messages:
            self.office.put(user, octets)

    def maildir(self, user):
        return self.office.maildir(user)

    def left(self, user):
        return len(self.office.messages(user))

    def want(self, octets):
        return corpus.lines(octets)

    def got(self, octets):
        return octets

    def restart(self):
        self.office.stop()
        self.office.start()

    def close(self):
        self.office.close()


PEERS = {p.name: p for p in (Ours, Dovecot, Courier, Cyrus, Popa3d,
                             Mailutils)}
# also those that only the transcripts are played against
SERVERS = {**PEERS, SolidPop3d.name: SolidPop3d}
