# SPDX-License-Identifier: ISC
"""fetchers: restante and other people's fetchers, driven in one way.

A Fetcher has a directory below which everything of it lies, and can be run
again and again against a PopServer.  What it delivered is told by the bodies:
some of the others rewrite headers.
"""
import contextlib
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from desk import ATCALL, SANITIZERS, TRACED, Desk, digest, mbox_read, stored

WAIT = 120
HUNG = -99      # it did not end
REPORTS = (b'AddressSanitizer', b'LeakSanitizer', b'runtime error:')


def mbox_or_ruin(path):
    """Its messages; what is no mbox counts as one that nobody sent."""
    if not path.exists():
        return []
    octets = path.read_bytes()
    try:
        return mbox_read(octets)
    except AssertionError:
        return [octets]


class Fetcher:
    """What all have in common; subclasses write a configuration."""

    name = ''
    kinds = ('maildir',)
    exact = False       # the whole message as it came, or just its body
    user = None         # run as somebody else
    patience = WAIT     # seconds
    watched = False     # is its memory measured?
    most_memory = None  # octets of address space it may have
    most_written = None # octets of any file
    good = (0,)         # what it says when all is well
    password = 'secret'
    timeout = None      # seconds of silence that it bears; its own setting
    auth = None         # a mechanism; '': as it likes
    ca = tls_name = None
    tls = None          # as the server, if nobody says otherwise

    def __init__(self, directory, server, keep=True, kind='maildir'):
        self.dir, self.server, self.keep = Path(directory), server, keep
        self.kind = kind
        self.output = b''
        self.tls = server.tls
        self.memory = 0     # octets that the last run had in memory

    def prepare(self):
        """An empty home, with a configuration."""
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self.configure()
        if self.user:
            who = pwd.getpwnam(self.user)
            for path in (self.dir, *self.dir.rglob('*')):
                os.chown(path, who.pw_uid, who.pw_gid)

    def configure(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {'PATH': os.environ['PATH'], 'HOME': str(self.dir),
                'USER': self.user or 'root', 'LOGNAME': self.user or 'root',
                'LC_ALL': 'C.UTF-8', 'TZ': 'UTC'}

    def run(self, before=(), timeout=None):
        """Its exit status (of atcall, when that stands before it)."""
        timeout = timeout or self.patience
        env = {**self.environment(), **(TRACED if before else SANITIZERS)}
        # to a file: a child that lives on would keep a pipe open
        with open(self.dir / 'output', 'w+b') as out:
            process = subprocess.Popen(
                [*map(str, before), *map(str, self.command())], env=env,
                stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, cwd=self.dir,
                start_new_session=True, **self._identity())
            status = self._wait(process, timeout)
            out.seek(0)
            self.output = out.read()
        for word in REPORTS:
            assert word not in self.output, self.output.decode()
        return status

    def _wait(self, process, timeout):
        """Its status."""
        def reap():
            _, status = os.waitpid(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        reaper = threading.Thread(target=reap)
        reaper.start()
        if self.watched:
            self._watch(process.pid, reaper, timeout)
        else:
            reaper.join(timeout)
        status = HUNG if reaper.is_alive() else process.returncode
        if status == HUNG:
            os.killpg(process.pid, signal.SIGKILL)
        reaper.join()
        return status

    def _watch(self, pid, reaper, timeout):
        """How much memory it has; ru_maxrss is that of python, too."""
        self.memory = 0
        end = time.monotonic() + timeout
        while reaper.is_alive() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                found = re.search(r'VmHWM:\s*(\d+)', Path(
                    f'/proc/{pid}/status').read_text())
                self.memory = max(self.memory,
                                  int(found[1]) * 1024 if found else 0)
            reaper.join(0.01)

    def _identity(self):
        more = {'user': self.user, 'extra_groups': [],
                'group': pwd.getpwnam(self.user).pw_gid} if self.user else {}
        def limit():
            for what, most in ((resource.RLIMIT_AS, self.most_memory),
                               (resource.RLIMIT_FSIZE, self.most_written)):
                if most:
                    resource.setrlimit(what, (most, most))
        if self.most_memory or self.most_written:
            more['preexec_fn'] = limit
        return more

    def lacks(self, mech):
        """Why it cannot be played this, or None."""
        return None

    def run_at(self, *options, timeout=None):
        """Under atcall: was N reached, and what it reports; None: hung."""
        report = self.dir / 'report'
        status = self.run([ATCALL, '--report', report, *options, '--'],
                          timeout)
        if status == HUNG:
            return False, None
        assert status in (0, 3), self.output.decode()
        words = dict(w.split('=') for w in report.read_text().split())
        return status == 0, {k: int(v) for k, v in words.items()}

    # -- what has arrived --

    @property
    def maildir(self):
        return self.dir / 'mail'

    def files(self):
        return [p for sub in ('new', 'cur') if (self.maildir / sub).is_dir()
                for p in (self.maildir / sub).iterdir()]

    def mail(self):
        """Octets of each message, as it lies there."""
        if self.kind == 'mbox':
            return mbox_or_ruin(self.dir / 'mail.mbox')
        return [p.read_bytes() for p in self.files()]

    def key(self, octets):
        """What is compared of a message as it was delivered."""
        octets = octets.replace(b'\r\n', b'\n')
        if not self.exact:
            octets = octets.partition(b'\n\n')[2]
        return digest(octets)

    def keys(self):
        return [self.key(m) for m in self.mail()]

    def expected(self, raw):
        return self.key(stored(raw))

    def leftovers(self):
        return list((self.maildir / 'tmp').iterdir()) \
            if (self.maildir / 'tmp').is_dir() else []


class Restante(Fetcher):
    """Ours. Everything that it writes lies below DIR/disk."""

    name = 'restante'
    kinds = ('maildir', 'mbox')
    exact = True
    settings = {}

    @property
    def maildir(self):
        return self.dir / 'disk' / 'mail'

    def configure(self):
        disk = self.dir / 'disk'
        disk.mkdir()
        self.desk = Desk(self.dir, state_dir=disk / 'state')
        self.desk.state = disk / 'state'
        path = disk / ('mail.mbox' if self.kind == 'mbox' else 'mail')
        self.desk.account('work', self.server, **{
            'destination': f'{self.kind}:{path}',
            'keep': 'yes' if self.keep else 'no', **self.settings})
        self.desk.write()

    def mail(self):
        if self.kind == 'mbox':
            return mbox_or_ruin(self.dir / 'disk' / 'mail.mbox')
        return super().mail()

    def command(self):
        return [self.desk.binary, '--config', self.desk.config, '-q', 'fetch']

    def leftovers(self):
        # files in tmp/, and drafts in a spool beside the state
        return [p for p in (self.dir / 'disk').rglob('*') if p.is_file() and
                p.parent.name not in ('new', 'cur', 'state') and
                p.name != 'mail.mbox']


class Mpop(Fetcher):
    name = 'mpop'
    kinds = ('maildir', 'mbox')

    def configure(self):
        for sub in ('new', 'cur', 'tmp'):
            (self.dir / 'mail' / sub).mkdir(parents=True)
        rc = self.dir / 'mpoprc'
        rc.touch(mode=0o600)
        where = 'mbox %s/mail.mbox' if self.kind == 'mbox' else \
            'maildir %s/mail'
        # in the clear it sends a password only when it is told to
        auth = (self.auth or 'on').lower() if self.auth is not None or \
            self.tls != 'none' else 'user'
        rc.write_text(
            f'account work\nhost {self.server.host}\n'
            f'port {self.server.port}\nuser wren\n'
            f'password {self.password}\nauth {auth}\n'
            f'keep {"on" if self.keep else "off"}\npipelining auto\n'
            f'received_header off\ndelivery {where % self.dir}\n'
            f'uidls_file {self.dir}/uidls\n' + self._more())

    def _more(self):
        more = f'timeout {self.timeout}\n' if self.timeout else ''
        if self.tls != 'none':
            how = 'on' if self.tls == 'start' else 'off'
            more += (f'tls on\ntls_starttls {how}\n'
                     f'tls_trust_file {self.ca}\n'
                     f'tls_host_override {self.tls_name}\n')
        return more

    def command(self):
        return ['mpop', '-C', self.dir / 'mpoprc', '-Q', 'work']


class Getmail(Fetcher):
    name = 'getmail6'
    user = 'nobody' if os.geteuid() == 0 else None

    def configure(self):
        for sub in ('new', 'cur', 'tmp'):
            (self.dir / 'mail' / sub).mkdir(parents=True)
        tls = self.tls != 'none'
        more = f'timeout = {self.timeout}\n' if self.timeout else ''
        if tls:
            more += (f'ca_certs = {self.ca}\n'
                     f'ssl_cert_hostname = {self.tls_name}\n')
        if self.auth == 'APOP':
            more += 'use_apop = true\n'
        (self.dir / 'getmailrc').write_text(
            f'[retriever]\ntype = SimplePOP3{"SSL" if tls else ""}Retriever\n'
            f'server = {self.server.host}\nport = {self.server.port}\n'
            f'username = wren\npassword = {self.password}\n{more}'
            f'[destination]\ntype = Maildir\npath = {self.dir}/mail/\n'
            '[options]\nread_all = false\nreceived = false\n'
            'delivered_to = false\nverbose = 0\n'
            f'delete = {"false" if self.keep else "true"}\n')

    def command(self):
        return ['getmail', '-g', self.dir]

    def lacks(self, mech):
        if self.tls == 'start':
            return 'knows no STLS'
        if mech not in (None, '', 'APOP'):
            return f'knows no {mech}'
        return None


class Fetchmail(Fetcher):
    """It has no Maildir of its own: procmail writes it."""

    name = 'fetchmail'
    # neither it nor procmail likes to be root
    user = 'nobody' if os.geteuid() == 0 else None
    good = (0, 1)       # 1: there was no mail

    def configure(self):
        (self.dir / 'procmailrc').write_text(
            f'MAILDIR={self.dir}\nDEFAULT={self.dir}/mail/\n')
        rc = self.dir / 'fetchmailrc'
        rc.touch(mode=0o700)
        auth = {None: 'auth password', '': '', 'APOP': ''}.get(
            self.auth, f'auth {(self.auth or "").lower()}')
        protocol = 'apop' if self.auth == 'APOP' else 'pop3'
        more = f'timeout {self.timeout} ' if self.timeout else ''
        tls = {'none': 'sslproto ""', 'start': 'sslproto "tls1.2+"',
               'implicit': 'ssl sslproto "auto"'}[self.tls]
        if self.tls != 'none':
            tls += (f' sslcertck sslcertfile "{self.ca}" '
                    f'sslcommonname "{self.tls_name}"')
        rc.write_text(
            f'poll {self.server.host} protocol {protocol} '
            f'port {self.server.port} uidl {auth} {more}\n'
            f'user "wren" password "{self.password}" '
            f'{"keep" if self.keep else "nokeep"} {tls}\n'
            f'mda "procmail -m {self.dir}/procmailrc"\n')

    def command(self):
        return ['fetchmail', '-f', self.dir / 'fetchmailrc', '--nodetach',
                '--silent', '--idfile', self.dir / 'ids', '--pidfile',
                self.dir / 'pid', '--invisible', '--norewrite']

    def lacks(self, mech):
        if mech not in (None, '', 'APOP', 'CRAM-MD5'):
            return f'knows no {mech}'
        return None


class Curl(Fetcher):
    """
    A script that takes what curl(1) says it has fetched whole: a listing,
    then each message.  It remembers nothing and deletes nothing.
    """

    name = 'curl'
    exact = True
    messages = 3

    def configure(self):
        (self.dir / 'mail').mkdir()
        (self.dir / 'part').mkdir()
        rc = self.dir / 'curlrc'
        rc.touch(mode=0o600)
        tls = self.tls
        host = f'{self.tls_name if tls != "none" else self.server.host}'
        url = (f'pop3{"s" if tls == "implicit" else ""}://'
               f'{host}:{self.server.port}')
        rows = ['silent', 'show-error', 'fail-early',
                f'user = "wren:{self.password}"',
                f'connect-to = "::{self.server.host}:{self.server.port}"',
                r'write-out = "%{exitcode} %{filename_effective}\n"']
        if self.timeout:
            rows += [f'connect-timeout = {self.timeout}', 'speed-limit = 1',
                     f'speed-time = {self.timeout}']
        if tls != 'none':
            rows += [f'cacert = "{self.ca}"']
        if tls == 'start':
            rows += ['ssl-reqd']
        if self.auth:
            plus = '+' if self.auth == 'APOP' else ''
            rows += [f'login-options = "AUTH={plus}{self.auth}"']
        for what in ('', *range(1, self.messages + 1)):
            rows += [f'url = "{url}/{what}"',
                     f'output = "{self.dir}/part/{what or "list"}"']
        rc.write_text('\n'.join(rows) + '\n')

    def command(self):
        return ['curl', '-q', '--config', self.dir / 'curlrc']

    def run(self, before=(), timeout=None):
        status = super().run(before, timeout)
        for line in self.output.decode('utf-8', 'replace').splitlines():
            code, _, path = line.partition(' ')
            if code == '0' and Path(path).name.isdigit():
                part = Path(path)
                octets = part.read_bytes() if part.exists() else b''
                (self.dir / 'mail' / part.name).write_bytes(octets)
        return status

    def files(self):
        return sorted((self.dir / 'mail').iterdir())

    def lacks(self, mech):
        if not self.keep:
            return 'deletes nothing'
        if mech and mech.startswith('SCRAM'):
            return f'knows no {mech}'
        return None


ALL = (Restante, Mpop, Getmail, Fetchmail)
