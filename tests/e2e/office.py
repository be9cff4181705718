# SPDX-License-Identifier: ISC
"""office: a real restanted for a test, from start to checked end.

Owns a temporary directory with certificates, configuration, users and
maildrops, and the process tree that runs on it.  Nothing here waits by
sleeping: readiness is the daemon's own READY=1, log lines wake those who wait
for them, ends of processes are pidfds.

    with Office(users={'wren': 'secret'}) as office:
        office.put('wren', b'Subject: hello\n\nHello.\n')
        with office.pop3('wren') as pop:
            ...

Leaving the block stops the daemon and fails the test when that was not
clean, when a child is left, or when a sanitizer had something to say.
"""
import contextlib
import itertools
import os
import poplib
import select
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path

from ports import free_port

with warnings.catch_warnings():
    # gone in Python 3.13; Debian 12 has 3.11
    warnings.simplefilter('ignore', DeprecationWarning)
    import crypt

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('RESTANTE_BUILD', ROOT / 'build' / 'test'))
RESTANTED = BUILD / 'src' / 'server' / 'restanted'
RESTANTECTL = BUILD / 'src' / 'admin' / 'restantectl'

# as root, the processes of the daemon get identities that exist nowhere else
FRONT_ID, AUTH_ID, STORE_ID = 64001, 64002, 64003
AS_ROOT = os.geteuid() == 0

ROLES = ('front', 'auth', 'store')
WAIT = 30       # seconds for anything that must happen at once

SANITIZERS = {
    # a process that may not be traced cannot look for its own leaks
    'ASAN_OPTIONS': 'detect_leaks=0:abort_on_error=0:exitcode=86:'
                    'allow_user_segv_handler=0',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
}
REPORTS = ('AddressSanitizer', 'LeakSanitizer', 'runtime error:',
           'UndefinedBehaviorSanitizer', 'ThreadSanitizer',
           'DEADLYSIGNAL')


class OfficeError(AssertionError):
    """The daemon did not do what a test may take for granted."""


# ---- certificates ----------------------------------------------------------

_pki = None


def _openssl(*args, **kwargs):
    subprocess.run(['openssl', *args], check=True, capture_output=True,
                   **kwargs)


class Pki:
    """A certificate authority and what it signs, in one directory."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.ca = self.dir / 'ca.pem'
        self._serial = itertools.count(1)
        _openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
                 '-subj', '/CN=Restante test authority',
                 '-keyout', str(self.dir / 'ca.key'), '-out', str(self.ca))

    def certificate(self, *names, days=30):
        """(certificate, key): paths of PEM files for these names."""
        stem = self.dir / f'{next(self._serial):03d}-{names[0]}'
        key, csr, cert, ext = (Path(f'{stem}.{s}')
                               for s in ('key', 'csr', 'pem', 'ext'))
        alt = ','.join(('IP:' if n.replace('.', '').isdigit() or ':' in n
                        else 'DNS:') + n for n in names)
        ext.write_text(f'subjectAltName={alt}\n')
        _openssl('req', '-newkey', 'ec', '-pkeyopt',
                 'ec_paramgen_curve:P-256', '-nodes', '-subj',
                 f'/CN={names[0]}', '-keyout', str(key), '-out', str(csr))
        _openssl('x509', '-req', '-in', str(csr), '-CA', str(self.ca),
                 '-CAkey', str(self.dir / 'ca.key'), '-CAcreateserial',
                 '-days', str(days), '-extfile', str(ext), '-out', str(cert))
        return cert, key


def pki():
    """One authority for all offices of this run."""
    global _pki
    if _pki is None:
        import atexit
        directory = tempfile.mkdtemp(prefix='restante-pki-')
        atexit.register(shutil.rmtree, directory, True)
        _pki = Pki(directory)
    return _pki


# ---- small helpers ---------------------------------------------------------

def hashed(password, scheme='SHA512-CRYPT'):
    """A password as the file of users has it."""
    if scheme == 'PLAIN':
        return '{PLAIN}' + password
    # few rounds: tests log in often
    salt = crypt.mksalt(crypt.METHOD_SHA512, rounds=1000)
    return '{SHA512-CRYPT}' + crypt.crypt(password, salt)


def wait_gone(pid, timeout=WAIT):
    """Waits until a process (not a child of ours) has ended."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not select.select([fd], [], [], timeout)[0]:
            raise OfficeError(f'process {pid} is still there')
    finally:
        os.close(fd)


def parse_line(line):
    """A log line as a dict; what is not key=value is left out."""
    fields, i, n = {}, 0, len(line)
    while i < n:
        while i < n and line[i] == ' ':
            i += 1
        start = i
        quoted = False
        while i < n and (quoted or line[i] != ' '):
            if line[i] == '"':
                quoted = not quoted
            elif line[i] == '\\' and quoted:
                i += 1
            i += 1
        key, eq, value = line[start:i].partition('=')
        if eq:
            fields[key] = value.strip('"')
    return fields


class _Log:
    """What the daemon writes, line by line, with somebody to wait."""

    def __init__(self, stream):
        self.lines = []
        self.closed = False
        self._new = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,),
                                        daemon=True)
        self._thread.start()

    def _read(self, stream):
        for raw in stream:
            with self._new:
                self.lines.append(raw.decode('utf-8', 'replace').rstrip('\n'))
                self._new.notify_all()
        with self._new:
            self.closed = True
            self._new.notify_all()

    def wait(self, wanted, after=0, timeout=WAIT):
        """The first line from number `after` on for which wanted(line)."""
        end = time.monotonic() + timeout
        with self._new:
            i = after
            while True:
                while i < len(self.lines):
                    if wanted(self.lines[i]):
                        return self.lines[i]
                    i += 1
                left = end - time.monotonic()
                if left <= 0 or self.closed:
                    raise OfficeError('no such line in the log:\n'
                                      + '\n'.join(self.lines[-40:]))
                self._new.wait(left)

    def join(self):
        self._thread.join(WAIT)


# ---- the office ------------------------------------------------------------

class Office:
    """
    users      {'wren': 'password'}; a value may also be a whole entry as the
               file has it ('{PLAIN}...')
    listeners  {'name': {...}} replaces or adds to the four of
               default_listeners; {'name': None} removes one.  'address' may
               be left out: a free port of 127.0.0.1.
    server, mail, auth, limits
               settings of these sections
    tls        certificates: a list of tuples of names, the first for [tls]
    extra      text at the end of the configuration
    """

    def __init__(self, users=None, listeners=None, tls=None, extra='',
                 server=None, mail=None, auth=None, limits=None,
                 binary=None, start=False, env=None):
        self.dir = Path(tempfile.mkdtemp(prefix='restante-office-'))
        self.dir.chmod(0o755)   # other identities must get through
        self.users_file = self.dir / 'users'
        self.mail_root = self.dir / 'mail'
        self.run_dir = self.dir / 'run'
        self.config = self.dir / 'restanted.conf'
        self.binary = Path(binary or RESTANTED)
        self.env = dict(env or {})
        self.passwords = dict({'wren': 'secret'} if users is None else users)
        self.ports = {}         # of each listener
        self.process = None
        self.log = None
        self._names = itertools.count(1)
        self._known = set()     # all pids that were ever children
        self._notify = None
        self.status = ''        # the last STATUS= of the daemon
        self._make_dirs()
        self.write_users()
        self.sections = {
            'server': {'hostname': 'pop.example.org',
                       'run_dir': self.run_dir, 'fronts': 1,
                       'drain_seconds': 2},
            'mail': {'root': self.mail_root, 'domains': 'example.org',
                     'postmaster': next(iter(self.passwords), 'wren')},
            'auth': {'users': self.users_file, 'failure_delay': '50ms',
                     'failure_delay_max': '200ms'},
            'limits': {},
        }
        # without root they are ignored, but must make sense to --check
        self.sections['server'].update(
            front_user=f'{FRONT_ID}:{FRONT_ID}',
            auth_user=f'{AUTH_ID}:{AUTH_ID}')
        self.sections['mail']['store_user'] = f'{STORE_ID}:{STORE_ID}'
        for name, settings in (('server', server), ('mail', mail),
                               ('auth', auth), ('limits', limits)):
            self.sections[name].update(settings or {})
        names = list(tls or [('pop.example.org', 'localhost', '::1')])
        # who gives no name gets the first one: pop3() goes by the address,
        # since a machine need not know "localhost"
        names[0] = (*names[0], '127.0.0.1')
        self.certificates = [pki().certificate(*n) for n in names]
        self.listeners = self.default_listeners()
        self.listeners.update(listeners or {})
        self.extra = extra
        self.write_config()
        if start:
            self.start()

    # -- files --

    def _own(self, path, owner):
        if AS_ROOT:
            os.chown(path, owner, owner)

    def _make_dirs(self):
        self.mail_root.mkdir(mode=0o700)
        self._own(self.mail_root, STORE_ID)
        self.run_dir.mkdir(mode=0o755)

    @staticmethod
    def default_listeners():
        return {
            'pop3': {'protocol': 'pop3', 'tls': 'start'},
            'pop3s': {'protocol': 'pop3', 'tls': 'implicit'},
            'lmtp': {'protocol': 'lmtp', 'tls': 'none'},
            'smtp': {'protocol': 'smtp', 'tls': 'start'},
        }

    def write_users(self):
        """Writes the file of users from self.passwords."""
        text = ''.join(
            f'{name}:{pw if pw.startswith("{") else hashed(pw)}\n'
            for name, pw in self.passwords.items())
        new = self.users_file.with_suffix('.new')
        new.write_text(text)
        new.chmod(0o640)
        if AS_ROOT:
            os.chown(new, 0, AUTH_ID)
        new.rename(self.users_file)

    def add_user(self, name, password="secret"):
        """One more user; the daemon notices the changed file."""
        self.passwords[name] = password
        self.write_users()
        return name

    def write_config(self):
        """Writes the configuration; new listeners get a free port."""
        out = []
        for section, settings in self.sections.items():
            out.append(f'[{section}]')
            out += [f'{k} = {v}' for k, v in settings.items()]
        for i, (cert, key) in enumerate(self.certificates):
            out.append('[tls]' if i == 0 else f'[tls n{i}]')
            out += [f'certificate = {cert}', f'key = {key}']
        for name, given in self.listeners.items():
            if given is None:
                continue
            settings = dict(given)
            if 'address' not in settings:
                if name not in self.ports:
                    self.ports[name] = free_port()
                port = self.ports[name]
                settings['address'] = f'127.0.0.1:{port}'
            else:
                tail = str(settings['address']).split()[0].rsplit(':', 1)[1]
                if tail.isdigit():
                    self.ports[name] = int(tail)
            out.append(f'[listen {name}]')
            out += [f'{k} = {v}' for k, v in settings.items()]
        self.config.write_text('\n'.join(out) + '\n' + self.extra)

    # -- the process --

    def start(self):
        """Starts the daemon and returns when it says that it is ready."""
        if not self.binary.exists():
            raise OfficeError(f'{self.binary} is not built')
        path = self.dir / 'notify'
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        if self._notify:
            self._notify.close()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(path))
        path.chmod(0o777)
        self.process = subprocess.Popen(
            [str(self.binary), '--config', str(self.config), '--foreground'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd='/',
            env={**os.environ, **SANITIZERS, **self.env,
                 'NOTIFY_SOCKET': str(path)})
        self.log = _Log(self.process.stderr)
        try:
            self.wait_notified('READY=1')
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.log.join()
            print('\n'.join(self.log.lines))
            raise
        self.children()
        return self

    def wait_notified(self, wanted, timeout=WAIT):
        """Reads notifications until one of their lines is `wanted`."""
        end = time.monotonic() + timeout
        exited = os.pidfd_open(self.process.pid)
        try:
            while True:
                ready = select.select([self._notify, exited], [], [],
                                      max(0, end - time.monotonic()))[0]
                if self._notify in ready:
                    lines = self._notify.recv(4096).decode().split('\n')
                    for line in lines:
                        if line.startswith('STATUS='):
                            self.status = line[7:]
                    if wanted in lines:
                        return
                    continue
                if not ready:
                    raise OfficeError(f'no {wanted} in {timeout} s')
                self.process.wait()
                self.log.join()
                raise OfficeError(
                    f'restanted ended with {self.process.returncode}:\n'
                    + '\n'.join(self.log.lines[-40:]))
        finally:
            os.close(exited)

    @property
    def pid(self):
        return self.process.pid

    def children(self, role=None):
        """Pids of the daemon's processes, all or of one role, by age."""
        path = f'/proc/{self.pid}/task/{self.pid}/children'
        with contextlib.suppress(FileNotFoundError):
            pids = [int(p) for p in Path(path).read_text().split()]
            self._known.update(pids)
            return [p for p in pids if role is None or self._is(p, role)]
        return []

    @staticmethod
    def _is(pid, role):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            comm = Path(f'/proc/{pid}/comm').read_text().strip()
            return comm == f'restanted-{role}'
        return False

    def child(self, role):
        """The pid of the only (or oldest) process of a role."""
        pids = self.children(role)
        if not pids:
            raise OfficeError(f'no process restanted-{role}')
        return pids[0]

    def kill(self, role, sig=signal.SIGKILL):
        """Kills the process of a role and waits for its end; its pid."""
        pid = self.child(role)
        os.kill(pid, sig)
        if sig == signal.SIGKILL:
            wait_gone(pid)
        return pid

    def signal(self, sig):
        self.process.send_signal(sig)

    def reload(self):
        """SIGHUP, and the daemon's word that it is done."""
        self.signal(signal.SIGHUP)
        self.wait_notified('READY=1')

    def wait_exit(self, timeout=WAIT):
        """Waits for the end of the daemon; its exit status."""
        code = self.process.wait(timeout)
        self.log.join()
        return code

    def stop(self, timeout=WAIT):
        """SIGTERM, then: exit status 0, no child left, no report."""
        if self.process is None:
            return
        self.children()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.wait_exit(timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            self.assert_no_report()
            raise OfficeError('restanted did not end by SIGTERM:\n'
                              + '\n'.join(self.log.lines[-40:])) from None
        # the number of one that ended long ago may be somebody else's by now
        for pid in self._known:
            if any(self._is(pid, role) for role in ROLES):
                wait_gone(pid, 5)
        self.process = None
        self.assert_no_report()
        if code != 0:
            raise OfficeError(f'restanted ended with {code}:\n'
                              + '\n'.join(self.log.lines[-40:]))

    def kill_all(self):
        """The end without ceremony: SIGKILL for the whole tree."""
        if self.process is None:
            return
        pids = self.children()
        self.process.kill()
        self.process.wait()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_gone(pid)
        self.log.join()
        self.process = None

    def assert_no_report(self):
        bad = [n for n, line in enumerate(self.log.lines)
               if any(r in line for r in REPORTS)]
        if bad:
            raise OfficeError('sanitizer report:\n' + '\n'.join(
                self.log.lines[max(0, bad[0] - 3):bad[0] + 60]))

    def close(self):
        """stop(), and the directory goes."""
        try:
            self.stop()
        finally:
            if self.process is not None:
                self.kill_all()
            if self._notify:
                self._notify.close()
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        if self.process is None:
            try:
                self.start()
            except BaseException:
                shutil.rmtree(self.dir, ignore_errors=True)
                raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.close()
            return
        # the test has failed already: say what the daemon said
        if self.log:
            print('---- log of restanted ----')
            print('\n'.join(self.log.lines[-60:]))
        try:
            self.close()
        except OfficeError as e:
            print(e)

    # -- the log --

    def mark(self):
        """A place in the log, for wait_log(after=...)."""
        return len(self.log.lines)

    def log_lines(self, text=''):
        return [line for line in self.log.lines if text in line]

    def wait_log(self, *texts, after=0, timeout=WAIT):
        """The first line that holds all texts, as a dict with 'line'."""
        line = self.log.wait(lambda x: all(t in x for t in texts), after,
                             timeout)
        return {**parse_line(line), 'line': line}

    # -- maildrops, from behind --

    def maildir(self, user='wren'):
        """The Maildir of a user; made when it is not there."""
        path = self.mail_root / user
        if not path.exists():
            for p in (path, path / 'tmp', path / 'new', path / 'cur'):
                p.mkdir(mode=0o700)
                self._own(p, STORE_ID)
        return path

    def put(self, user, message, name=None, where='new'):
        """Puts a file into a Maildir, as another program would."""
        n = next(self._names)
        box = self.maildir(user)
        name = name or f'1700000000.{n:06d}.test'
        tmp = box / 'tmp' / f'{n:06d}'
        tmp.write_bytes(message)
        self._own(tmp, STORE_ID)
        path = box / where / name
        tmp.rename(path)
        return path

    def messages(self, user='wren'):
        """Paths of the messages in a Maildir, oldest name first."""
        box = self.mail_root / user
        return sorted((p for d in ('new', 'cur') if (box / d).is_dir()
                       for p in (box / d).iterdir()
                       if not p.name.startswith('.')),
                      key=lambda p: p.name)

    def leftovers(self, user='wren'):
        """Files in tmp: there must be none when nobody delivers."""
        box = self.mail_root / user / 'tmp'
        return sorted(box.iterdir()) if box.is_dir() else []

    # -- clients --

    def ssl_context(self):
        return ssl.create_default_context(cafile=str(pki().ca))

    def connect(self, listener, tls=False, timeout=WAIT,
                server_hostname='localhost'):
        """A plain socket to a listener, for tests that speak themselves."""
        s = socket.create_connection(('127.0.0.1', self.ports[listener]),
                                     timeout)
        if tls:
            s = self.ssl_context().wrap_socket(
                s, server_hostname=server_hostname)
        return s

    def pop3(self, user=None, password=None, how='implicit'):
        """poplib, logged in when a user is given.  how: 'implicit',
        'start', 'none', or the name of a listener (no TLS by itself)."""
        # poplib's limit is 2048 octets a line; real mail has longer ones
        poplib._MAXLINE = 1 << 24
        if how == 'implicit':
            pop = _Pop3s('127.0.0.1', self.ports['pop3s'],
                         context=self.ssl_context(), timeout=WAIT)
        else:
            name = 'pop3' if how in ('start', 'none') else how
            pop = _Pop3('127.0.0.1', self.ports[name], timeout=WAIT)
            if how == 'start':
                pop.stls(context=self.ssl_context())
        if user is not None:
            pop.user(user)
            pop.pass_(password or self.passwords[user])
        return pop

    def pop3_again(self, user, timeout=WAIT, **kwargs):
        """pop3() after a process was killed: what fails because one is not
        there yet (a dropped connection, [SYS/TEMP]) is tried again.  No
        event outside the daemon tells when its processes know each other."""
        end = time.monotonic() + timeout
        while True:
            try:
                return self.pop3(user, **kwargs)
            except (OSError, EOFError, poplib.error_proto) as e:
                if time.monotonic() > end or (
                        isinstance(e, poplib.error_proto)
                        and '[AUTH]' in str(e)):
                    raise
                time.sleep(0.05)

    def lmtp(self, listener='lmtp'):
        return smtplib.LMTP('127.0.0.1', self.ports[listener])

    def smtp(self, listener='smtp', starttls=False):
        smtp = smtplib.SMTP('127.0.0.1', self.ports[listener], timeout=WAIT)
        if starttls:
            # what the certificate is checked against
            smtp._host = '127.0.0.1'
            smtp.starttls(context=self.ssl_context())
        return smtp

    def deliver(self, message, *recipients, sender='bob@example.net',
                how='lmtp'):
        """One message by LMTP or SMTP; what smtplib returns."""
        to = recipients or ('wren@example.org',)
        with (self.lmtp() if how == 'lmtp' else self.smtp()) as client:
            return client.sendmail(sender, list(to), message)

    def ctl(self, *args, **kwargs):
        """restantectl with our configuration; a CompletedProcess."""
        return subprocess.run(
            [str(RESTANTECTL), '--config', str(self.config), *args],
            capture_output=True, text=True, timeout=WAIT,
            env={**os.environ, **SANITIZERS}, **kwargs)


class _Closing:
    """For `with`: QUIT at the end, a dropped connection on an exception."""

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None and self.sock is not None:
            self.quit()
        else:
            self.close()

    def message(self, n):
        """The octets of RETR as the server sent them (dots removed)."""
        lines = self.retr(n)[1]
        return b''.join(line + b'\r\n' for line in lines)


class _Pop3(_Closing, poplib.POP3):
    pass


class _Pop3s(_Closing, poplib.POP3_SSL):
    pass
