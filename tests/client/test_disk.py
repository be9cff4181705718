# SPDX-License-Identifier: ISC
"""A disk that is really full, and a state that somebody else holds (C20 C22).

A small tmpfs in a mount namespace of its own fills at one moment or another;
afterwards it is made larger and restante is run again.
"""
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from desk import letters
from faults import Bench, spread
from fetchers import Restante, mbox_or_ruin

FULL = bool(os.environ.get('RESTANTE_FULL'))
MODES = [('maildir', True), ('maildir', False), ('mbox', True),
         ('mbox', False)]
NAMES = ['maildir-keep', 'maildir-delete', 'mbox-keep', 'mbox-delete']
modes = pytest.mark.parametrize('mode', MODES, ids=NAMES)
# Each of these waits ten seconds for the database: both kinds and both modes
# are tried at the start and in the middle; or everything.
LONG = FULL or bool(os.environ.get('RESTANTE_LONG'))
HELD = [1, 10, 20]
held_modes = pytest.mark.parametrize('mode', MODES if LONG else MODES[1:3],
                                     ids=NAMES if LONG else NAMES[1:3])
held_moments = pytest.mark.parametrize(
    'mode,n', [pytest.param(mode, n, id=f'{name}-{n}')
               for i, (mode, name) in enumerate(zip(MODES, NAMES))
               for k, n in enumerate(HELD) if LONG or k == i % len(HELD)])


class SmallDisk:
    """A mount namespace in which a directory is a tmpfs of some size."""

    def __init__(self, path):
        self.path = path
        flags = ['-m'] if os.geteuid() == 0 else ['-rm']
        self.holder = subprocess.Popen(
            ['unshare', *flags, 'sh', '-c',
             'mount -t tmpfs -o size=1m,mode=700 none "$0" && echo yes && '
             'exec cat', str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != 'yes\n':
            why = self.holder.communicate()[1]
            pytest.skip(f'no tmpfs in a mount namespace here: {why.strip()}')
        flags = ['--mount'] if os.geteuid() == 0 else \
            ['--user', '--preserve-credentials', '--mount']
        self.enter = ['nsenter', *flags, '-t', str(self.holder.pid)]

    def inside(self, path):
        """Where the file is seen from out here."""
        return Path(f'/proc/{self.holder.pid}/root{path}')

    def resize(self, octets):
        subprocess.run([*self.enter, 'mount', '-o', f'remount,size={octets}',
                        str(self.path)], check=True, capture_output=True)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


class OnSmallDisk(Restante):
    """Everything below DIR/disk is on the small disk."""

    small = None

    def prepare(self):
        if self.small is None:
            super().prepare()
            self.small = SmallDisk(self.dir / 'disk')
            return
        for path in self.small.inside(self.dir / 'disk').iterdir():
            (shutil.rmtree if path.is_dir() else os.unlink)(path)

    def run(self, before=(), timeout=None):
        return super().run([*self.small.enter, *before], timeout)

    @property
    def maildir(self):
        return self.small.inside(super().maildir)

    def mail(self):
        if self.kind == 'maildir':
            return [p.read_bytes() for p in self.files()]
        return mbox_or_ruin(self.small.inside(
            self.dir / 'disk' / 'mail.mbox'))

    def leftovers(self):
        return [p for p in self.small.inside(self.dir / 'disk').rglob('*')
                if p.is_file() and p.parent.name not in
                ('new', 'cur', 'state') and p.name != 'mail.mbox']


@modes
def test_full_disk(tmp_path, mode, record_property):
    """P14 C20 C22: no room; what fits is kept, the rest follows later"""
    kind, keep = mode
    with Bench(OnSmallDisk, tmp_path / 'home', letters(20, lines=40),
               keep=keep, kind=kind) as bench:
        failed = 0
        try:
            bench.fresh()
            small = bench.fetcher.small
            sizes = spread(range(4096, 400 << 10, 4096), None if FULL else 9)
            for size in sizes:
                bench.fresh()
                small.resize(size)
                failed += bench.fetcher.run() != 0
                bench.server.settle()
                bench.right_behind(f'{size} octets')
                small.resize(8 << 20)
                bench.afterwards(f'{size} octets')
        finally:
            if bench.fetcher.small:
                bench.fetcher.small.close()
        record_property('points', f'{bench.tally}, {failed} times full')
        assert 0 < failed < len(sizes), \
            'the disk must be too small sometimes, and sometimes not'
        bench.tally.check()


# ---- somebody else holds the database --------------------------------------

def hold(path):
    """An exclusive lock on an SQLite file."""
    other = sqlite3.connect(path, isolation_level=None,
                            check_same_thread=False)
    other.execute('PRAGMA busy_timeout = 20000')
    other.execute('BEGIN EXCLUSIVE')
    return other


def let_go(other):
    other.execute('ROLLBACK')
    other.close()


@pytest.fixture
def bench(tmp_path, mode):
    kind, keep = mode
    with Bench(Restante, tmp_path / 'home', letters(20), keep=keep,
               kind=kind) as b:
        b.fresh()
        yield b


def database(bench):
    return bench.fetcher.dir / 'disk' / 'state' / 'work.db'


@held_modes
def test_database_held_from_the_start(bench):
    """C22 C23: nothing is fetched twice, nothing is deleted"""
    # a first, empty visit makes the database
    bench.drop.messages, mails = [], bench.drop.messages
    assert bench.fetcher.run() == 0, bench.fetcher.output
    bench.drop.messages = mails
    bench.server.settle()
    other = hold(database(bench))
    try:
        status = bench.fetcher.run()
    finally:
        let_go(other)
    assert status != 0
    bench.right_behind('held from the start')
    bench.afterwards('held from the start')
    bench.tally.check()


@held_moments
def test_database_held_in_the_middle(bench, n):
    """C22: the same, taken while message n is on its way"""
    held = []

    def reply(session, rest):
        if not held:
            try:
                held.append(hold(database(bench)))
            except sqlite3.OperationalError:
                pass        # restante writes just now: never mind
        del session.knobs['replies'][f'RETR {n}']
        session.on_retr(rest)
        return b''

    bench.server.once.append({'replies': {f'RETR {n}': reply}})
    try:
        bench.fetcher.run()
    finally:
        for other in held:
            let_go(other)
    bench.server.settle()
    assert held, 'the database could not be held'
    bench.right_behind(f'held at {n}')
    bench.afterwards(f'held at {n}')
    bench.tally.check()
