# SPDX-License-Identifier: ISC
"""desk: a person's side of a test: restante, its configuration, its mail.

    with Desk() as desk:
        desk.account('work', server)
        done = desk.fetch()
        assert done.status == 0 and desk.mail('work') == [...]

Owns a directory, below which everything lies.  Every run is looked through
for a sanitizer's report.  Nobody's own configuration or keyring plays a part.
"""
import contextlib
import hashlib
import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('RESTANTE_BUILD', ROOT / 'build' / 'test'))
RESTANTE = BUILD / 'src' / 'client' / 'restante'
ATCALL = BUILD / 'tests' / 'client' / 'atcall'
WAIT = 60       # seconds for any run
HAVE_CLIENT = RESTANTE.exists()

SANITIZERS = {
    'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=0:exitcode=86:'
                    'allow_user_segv_handler=0',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
}
# who is traced cannot look for its own leaks
TRACED = {**SANITIZERS, 'ASAN_OPTIONS':
          SANITIZERS['ASAN_OPTIONS'].replace('leaks=1', 'leaks=0')}
REPORTS = ('AddressSanitizer', 'LeakSanitizer', 'runtime error:',
           'UndefinedBehaviorSanitizer', 'ThreadSanitizer',
           'DEADLYSIGNAL')


class Done:
    """A run that is over."""

    def __init__(self, command, status, out, err):
        self.command, self.status = command, status
        self.raw = out + err
        self.out, self.err = (x.decode('utf-8', 'replace')
                              for x in (out, err))
        self.events = []
        for line in self.out.splitlines():
            if line.startswith('{'):
                self.events.append(json.loads(line))
        for word in REPORTS:
            assert word not in self.err, f'{command}\n{self.err}'

    def of(self, kind):
        return [e for e in self.events if e['event'] == kind]

    @property
    def faults(self):
        """Names of faults, each once, in their order."""
        return list(dict.fromkeys(e['fault'] for e in self.events
                                  if e.get('fault') not in (None, 'none')))

    def __str__(self):
        return (f'{self.command}\nstatus {self.status}\n'
                f'{self.out[-6000:]}\n{self.err[-6000:]}')


class Desk:
    """A home directory with a restante.conf in it."""

    def __init__(self, directory=None, binary=None, **settings):
        self._own = directory is None
        self.dir = Path(directory or tempfile.mkdtemp(prefix='restante-desk-'))
        self.dir.mkdir(exist_ok=True)
        self.binary = str(binary or RESTANTE)
        self.config = self.dir / 'restante.conf'
        self.state = self.dir / 'state'
        self.settings = {'state_dir': self.state, **settings}
        self.defaults, self.accounts, self.rules = {}, {}, {}
        self.extra = ''

    def account(self, name='work', server=None, kind='maildir', **settings):
        """
        An account that calls at `server`; what is None is left out.  Its mail
        goes to DIR/NAME (or NAME.mbox).
        """
        path = self.dir / (name if kind == 'maildir' else f'{name}.{kind}')
        common = {'user': 'wren', 'password': 'secret', 'timeout': '20s',
                  'destination': f'{kind}:{path}', 'received': 'no'}
        if server is not None:
            common.update(server=server.host, port=server.port)
            if server.tls == 'none':
                common.update(tls='none', clear_login='yes')
            else:
                common['tls'] = server.tls
        common.update(settings)
        self.accounts[name] = {k: v for k, v in common.items()
                               if v is not None}
        return self

    def rule(self, name, **settings):
        self.rules[name] = settings
        return self

    def write(self):
        out = []
        for head, rows in (
                ('restante', self.settings), ('defaults', self.defaults),
                *((f'account {n}', s) for n, s in self.accounts.items()),
                *((f'rule {n}', s) for n, s in self.rules.items())):
            if not rows:
                continue
            out.append(f'[{head}]')
            for key, value in rows.items():
                values = value if isinstance(value, list) else [value]
                out += [f'{key} = {v}' for v in values]
        text = '\n'.join(out) + '\n' + self.extra
        if not self.config.exists() or self.config.read_text() != text:
            self.config.touch(mode=0o600)
            self.config.write_text(text)
        return self

    def environment(self, **more):
        env = {'PATH': os.environ['PATH'], 'HOME': str(self.dir),
               'LC_ALL': 'C.UTF-8', 'TZ': 'UTC', 'USER': 'wren', **more}
        return env

    def run(self, *args, before=(), json_=True, timeout=WAIT, env=None,
            input_=None):
        """restante with these arguments; `before`: atcall and the like."""
        self.write()
        command = [*map(str, before), self.binary, '--config',
                   str(self.config), *(['--json'] if json_ else []),
                   *map(str, args)]
        done = subprocess.run(
            command, capture_output=True, timeout=timeout, input=input_ or b'',
            cwd=self.dir, env=self.environment(
                **(TRACED if before else SANITIZERS), **(env or {})))
        return Done(' '.join(command), done.returncode, done.stdout,
                    done.stderr)

    def run_on_terminal(self, *args):
        """What a person sees: octets on a terminal of 80 columns."""
        self.write()
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [self.binary, '--config', self.config, *map(str, args)],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.dir,
            start_new_session=True,
            env=self.environment(**SANITIZERS, TERM='xterm'))
        os.close(theirs)
        out = b''
        with contextlib.suppress(OSError):      # EIO: the other end is gone
            while more := os.read(ours, 65536):
                out += more
        os.close(ours)
        status = process.wait(WAIT)
        return Done(' '.join(map(str, args)), status, out, b'')

    def fetch(self, *args, status=0, **more):
        """restante fetch; fails when it does not end as it should."""
        done = self.run('fetch', *args, **more)
        if status == 'any':
            return done
        good = done.status != 0 if status == 'bad' else done.status == status
        assert good, f'wanted status {status}\n{done}'
        return done

    # -- what has arrived --

    def maildir_files(self, name='work'):
        path = self.dir / name
        return sorted(p for sub in ('new', 'cur') if (path / sub).is_dir()
                      for p in (path / sub).iterdir())

    def mail(self, name='work', kind='maildir'):
        """Octets of what was delivered, in no particular order."""
        if kind == 'maildir':
            return [p.read_bytes() for p in self.maildir_files(name)]
        path = self.dir / f'{name}.{kind}'
        return mbox_read(path.read_bytes()) if path.exists() else []

    def leftovers(self, name='work'):
        """Files that are no mail and should not have been left."""
        tmp = self.dir / name / 'tmp'
        found = list(tmp.iterdir()) if tmp.is_dir() else []
        for folder in self.state.rglob('*'):
            if folder.is_file() and not re.search(
                    r'\.(db|db-wal|db-shm|db-journal|lock|tls)$', folder.name):
                found.append(folder)
        return found

    def close(self):
        if self._own:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- mail ------------------------------------------------------------------

def mbox_read(octets):
    """Messages of an mboxrd file; AssertionError when it is none."""
    if not octets:
        return []
    assert octets.startswith(b'From '), octets[:80]
    parts = re.split(rb'(?m)^From [^\n]*\n', octets)[1:]
    out = []
    for part in parts:
        # the empty line is not the message's: an empty one has nothing else
        assert part == b'\n' or part.endswith(b'\n\n'), \
            f'no empty line at the end: {part[-80:]!r}'
        out.append(re.sub(rb'(?m)^>(>*From )', rb'\1', part[:-1]))
    return out


def stored(raw):
    """A message of the wire as the store has it with line_ends = lf."""
    if raw and not raw.endswith(b'\r\n'):
        raw += b'\r\n'
    return raw.replace(b'\r\n', b'\n')


def digest(octets):
    return hashlib.sha256(octets).hexdigest()[:16]


def letters(n, lines=3, size=60):
    """n small messages that differ, with dots and From_ lines in them."""
    out = []
    for i in range(1, n + 1):
        body = [b'From line %d of %d' % (k, i) if k % 3 == 0 else
                b'.' * (k % 4) + (b'%d ' % (i * k)) * (size // 5)
                for k in range(1, lines + 1)]
        out.append(b'\r\n'.join([
            b'From: finch@example.net', b'To: wren@example.net',
            b'Message-ID: <%d@example.net>' % i, b'Subject: letter %d' % i,
            b'', *body, b'']))
    return out
