# SPDX-License-Identifier: ISC
"""wire_world: the maildrops behind a wire transcript, as real Maildirs.

The player (tests/wire/play) asks on a Unix socket for what a transcript's
`store` and `stored` lines say; see tests/wire/README.md.  Nothing here goes
through the daemon: files are put, renamed and removed as another program on
the same Maildir would.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from office import BUILD, ROOT

WIRE = ROOT / 'tests' / 'wire'
PLAY = BUILD / 'tests' / 'wire' / 'play'
USERS = {'wren': 'correct horse battery', 'finch': 'hunter2'}


def checked(paths):
    """What `play --check` says of each case, as dicts."""
    keys = ('path', 'protocol', 'only', 'uses', 'needs', 'checks', 'reason',
            'choice')
    out = subprocess.run([str(PLAY), '--check', *map(str, paths)], check=True,
                         capture_output=True, text=True).stdout
    return [dict(zip(keys, line.split('\t')))
            for line in out.splitlines()]


class NotHere(Exception):
    """What can never be done to these maildrops: the case is not played."""


class Case:
    """What a transcript puts into the world: mail and further users."""

    def __init__(self, path):
        with tempfile.TemporaryDirectory() as tmp:
            out = subprocess.run([str(PLAY), '--dump', tmp, str(path)],
                                 check=True, capture_output=True, text=True)
            files = sorted(Path(tmp).iterdir(), key=lambda p: int(p.name))
            self.mail = [p.read_bytes() for p in files]
        self.users = {}
        for line in out.stdout.splitlines():
            name, password = (bytes.fromhex(x).decode()
                              for x in line.split('\t'))
            self.users[name] = password


def wire_octets(message):
    """Octets of a stored message on the wire."""
    bare = message.count(b'\n') - message.count(b'\r\n')
    end = 2 if message and not message.endswith(b'\n') else 0
    return len(message) + bare + end


def base_name(path):
    return path.name.split(':')[0]


def age(path):
    """Maildir order: seconds, the M part, the name."""
    secs, _, rest = base_name(path).partition('.')
    usec = re.match(r'(?:.*[A-Z0-9])?M([0-9]+)', rest)
    return int(secs), int(usec[1]) if usec else 0, base_name(path)


class World:
    """Acts on the maildrops of one office; listens on `path`.

    finish_lines: gives a message the line end that it lacks at its end (the
    same on the wire), for servers that cannot count it."""

    def __init__(self, office, finish_lines=False, login='none'):
        self.office = office
        self.login = login      # how to log in: as Office.pop3 has it
        self.finish_lines = finish_lines
        self.cases = {}
        self.down = False       # see do_down
        self.path = office.dir / 'action'
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._restore()

    # -- the socket --

    def _serve(self):
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            with conn:
                conn.sendall(self._answer(conn))

    def _answer(self, conn):
        with conn.makefile('rb') as stream:
            words = self._netstrings(stream.read())
        try:
            verb, args = words[0].decode(), words[1:]
            return b'+' + (getattr(self, f'do_{verb}')(*args) or b'')
        except NotHere as e:
            return b'?' + str(e).encode()
        except Exception as e:          # the transcript fails, with why
            return b'-' + repr(e).encode()

    @staticmethod
    def _netstrings(data):
        words = []
        while data:
            n, _, data = data.partition(b':')
            words.append(data[:int(n)])
            assert data[int(n):int(n) + 1] == b','
            data = data[int(n) + 1:]
        return words

    # -- the world --

    def _restore(self):
        """Ends do_down: a new store process, and a login that works."""
        if self.down:
            self.down = False
            self.office.signal(signal.SIGCONT)
            self.office.pop3_again('wren', how=self.login,
                                   password=USERS['wren']).quit()
            self.office.children()

    def do_begin(self, path):
        """Fresh maildrops. An old session that has not noticed its end yet
        keeps the directories it has open, and their lock."""
        self._restore()
        case = self.cases.setdefault(path, None) or Case(os.fsdecode(path))
        self.cases[path] = case
        for box in list(self.office.mail_root.iterdir()):
            gone = self.office.dir / 'gone'
            box.rename(gone)
            if gone.is_dir():
                gone.chmod(0o700)
                shutil.rmtree(gone)
            else:
                gone.unlink()
        for user in USERS:
            self.office.maildir(user)
        for n, message in enumerate(case.mail):
            self._put(message, 'new' if n % 2 == 0 else 'cur')

    def _put(self, message, where='new', user='wren'):
        if self.finish_lines and message and not message.endswith(b'\n'):
            message += b'\r\n' if message.endswith(b'\r') else b'\n'
        path = self.office.put(user, message, where=where)
        if where == 'cur':
            path.rename(path.with_name(path.name + ':2,S'))

    def _box(self, user):
        return self.office.mail_root / os.fsdecode(user)

    def _nth(self, user, number):
        """The N-th message, oldest first."""
        paths = self.office.messages(os.fsdecode(user))
        return sorted(paths, key=age)[int(number) - 1]

    def do_count(self, user):
        return b'%d' % len(self.office.messages(os.fsdecode(user)))

    def do_text(self, user, number):
        return self._nth(user, number).read_bytes()

    def do_deliver(self, user, message):
        self._put(message, user=os.fsdecode(user))

    def do_remove(self, user, number):
        self._nth(user, number).unlink()

    def do_flags(self, user, number, letters):
        path = self._nth(user, number)
        flags = ''.join(sorted(letters.decode()))
        path.rename(self._box(user) / 'cur' / f'{base_name(path)}:2,{flags}')

    def do_names(self, user, how):
        for path in self.office.messages(os.fsdecode(user)):
            base, colon, info = path.name.partition(':')
            base = base.split(',')[0]
            if how == b'sized':
                text = path.read_bytes()
                base += f',S={len(text)},W={wire_octets(text)}'
            path.rename(path.with_name(base + colon + info))

    def _chmod(self, user, mode, *names):
        for name in names:
            (self._box(user) / name).chmod(mode)

    def do_readonly(self, user):
        self._chmod(user, 0o500, 'new', 'cur')

    def do_writable(self, user):
        self._chmod(user, 0o700, 'new', 'cur')

    def do_full(self, user):
        """Nothing can be written; a full disk itself needs a disk."""
        self.office.maildir(os.fsdecode(user))
        self._chmod(user, 0o500, 'tmp', 'new')

    def do_corrupt(self, user):
        """A file where the directory should be."""
        shutil.rmtree(self._box(user))
        self._box(user).write_bytes(b'not a Maildir\n')

    def do_down(self, _user):
        """The store process is gone, and its parent cannot start another."""
        self.down = True
        self.office.signal(signal.SIGSTOP)
        self.office.kill('store')
