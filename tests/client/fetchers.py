# SPDX-License-Identifier: ISC
"""fetchers: restante and other people's fetchers, driven in one way.

A Fetcher has a directory below which everything of it lies, and can be run
again and again against a PopServer.  What it delivered is told by the bodies:
some of the others rewrite headers.
"""
import os
import pwd
import shutil
import signal
import subprocess
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

    def __init__(self, directory, server, keep=True, kind='maildir'):
        self.dir, self.server, self.keep = Path(directory), server, keep
        self.kind = kind
        self.output = b''

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
                start_new_session=True,
                **(self._identity() if self.user else {}))
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = HUNG
            out.seek(0)
            self.output = out.read()
        for word in REPORTS:
            assert word not in self.output, self.output.decode()
        return status

    def _identity(self):
        return {'user': self.user, 'extra_groups': [],
                'group': pwd.getpwnam(self.user).pw_gid}

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
        rc.write_text(
            f'account work\nhost {self.server.host}\n'
            f'port {self.server.port}\nuser wren\npassword secret\n'
            f'auth user\nkeep {"on" if self.keep else "off"}\n'
            'pipelining on\n'
            f'received_header off\ndelivery {where % self.dir}\n'
            f'uidls_file {self.dir}/uidls\n')

    def command(self):
        return ['mpop', '-C', self.dir / 'mpoprc', '-Q', 'work']


class Getmail(Fetcher):
    name = 'getmail6'
    user = 'nobody' if os.geteuid() == 0 else None

    def configure(self):
        for sub in ('new', 'cur', 'tmp'):
            (self.dir / 'mail' / sub).mkdir(parents=True)
        (self.dir / 'getmailrc').write_text(
            '[retriever]\ntype = SimplePOP3Retriever\n'
            f'server = {self.server.host}\nport = {self.server.port}\n'
            'username = wren\npassword = secret\n'
            f'[destination]\ntype = Maildir\npath = {self.dir}/mail/\n'
            '[options]\nread_all = false\nreceived = false\n'
            'delivered_to = false\nverbose = 0\n'
            f'delete = {"false" if self.keep else "true"}\n')

    def command(self):
        return ['getmail', '-g', self.dir]


class Fetchmail(Fetcher):
    """It has no Maildir of its own: procmail writes it."""

    name = 'fetchmail'
    # neither it nor procmail likes to be root
    user = 'nobody' if os.geteuid() == 0 else None

    def configure(self):
        (self.dir / 'procmailrc').write_text(
            f'MAILDIR={self.dir}\nDEFAULT={self.dir}/mail/\n')
        rc = self.dir / 'fetchmailrc'
        rc.touch(mode=0o700)
        rc.write_text(
            f'poll {self.server.host} protocol pop3 '
            f'port {self.server.port} uidl auth password\n'
            'user "wren" password "secret" '
            f'{"keep" if self.keep else "nokeep"} sslproto ""\n'
            f'mda "procmail -m {self.dir}/procmailrc"\n')

    def command(self):
        return ['fetchmail', '-f', self.dir / 'fetchmailrc', '--nodetach',
                '--silent', '--idfile', self.dir / 'ids', '--pidfile',
                self.dir / 'pid', '--invisible', '--norewrite']


ALL = (Restante, Mpop, Getmail, Fetchmail)
