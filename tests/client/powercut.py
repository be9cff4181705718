# SPDX-License-Identifier: ISC
"""powercut: what a disk may hold after the power has failed.

Reads what `atcall --record` wrote and builds the directory anew as it may be
when the machine stops behind event i, under one of these models:

strict    what was not fsynced is gone: data of files, and every entry of a
          directory that was not itself fsynced since (POSIX promises no more)
ordered   directories as they were (a journal with ordered metadata), data
          that was not fsynced is gone: such files are short
old       the same, but the journal was not written since the last fsync of
          anything
zeros     directories and lengths as they were, unsynced data reads as zeros
all       everything is there
torn      everything is there, but of the last write only half

The memory that SQLite shares between processes (-shm) is no data: it is
never there.  What the server has heard up to event i decides what it still
holds: server_saw().
"""
import collections
import os
import shutil
from pathlib import Path

MODELS = ('strict', 'ordered', 'old', 'zeros', 'all', 'torn')
SYNCS = ('sync', 'syncdir', 'syncfs')


class Event:
    """One line of the record."""

    def __init__(self, line):
        f = line.rstrip('\n').split('\t')
        self.what, self.inode, self.path = f[0], int(f[1]), f[2]
        self.rest = f[3:]
        self.data = b''
        if self.what in ('write', 'net'):
            assert '!' not in f[-1], f'unread data: {line[:200]}'
            self.data = bytes.fromhex(f[-1])

    def __repr__(self):
        return f'{self.what} {self.path} {self.rest[:1]}'


def read(path):
    """The events of a record; AssertionError at what cannot be played back."""
    events = [Event(line) for line in open(path, encoding='utf-8',
                                           errors='surrogateescape')]
    for e in events:
        assert e.what != 'strange' or e.path.endswith('-shm'), e
    return events


def without_syncs(events):
    """The same run on a disk whose fsync does nothing."""
    return [e for e in events if e.what not in SYNCS]


class File:
    """An inode: its data, and what of it is sure."""

    def __init__(self, data=b''):
        self.data, self.sure = bytearray(data), bytes(data)

    def write(self, at, data):
        if len(self.data) < at:
            self.data.extend(bytes(at - len(self.data)))
        self.data[at:at + len(data)] = data

    def truncate(self, size):
        del self.data[size:]
        self.data.extend(bytes(size - len(self.data)))

    def zeroed(self):
        """Lengths are kept, data that was not sure is not."""
        keep = os.path.commonprefix([bytes(self.data), self.sure])
        return keep + bytes(len(self.data) - len(keep))


class Disk:
    """A tree of directories: entries by path, and which of them are sure."""

    def __init__(self, root):
        self.root = str(root)
        self.files = {}         # inode: File
        self.names = {}         # path: inode; 0 a directory
        self.sure = {}          # the same, as a strict reading has it
        self.old = {}           # as the journal has it
        self.last = None        # (File, with half of the last write)
        for path in sorted(Path(root).rglob('*')):
            inode = 0
            if path.is_file():
                inode = path.stat().st_ino
                self.files[inode] = File(path.read_bytes())
            self.names[str(path)] = inode
        self.sure, self.old = dict(self.names), dict(self.names)

    def play(self, e):
        getattr(self, '_' + e.what, self._nothing)(e)

    def _nothing(self, e):
        assert e.what in ('net', 'strange'), e

    def _file(self, inode):
        return self.files.setdefault(inode, File())

    def _create(self, e):
        self.files[e.inode] = File()
        self.names[e.path] = e.inode

    def _tmpfile(self, e):
        self.files[e.inode] = File()

    def _write(self, e):
        f, at = self._file(e.inode), int(e.rest[0])
        half = File(f.data)
        half.write(at, e.data[:len(e.data) // 2])
        f.write(at, e.data)
        self.last = (f, bytes(half.data))

    def _truncate(self, e):
        self._file(e.inode).truncate(int(e.rest[0]))

    def _extend(self, e):
        f = self._file(e.inode)
        f.truncate(max(len(f.data), int(e.rest[0])))

    def _mkdir(self, e):
        self.names[e.path] = 0

    def _unlink(self, e):
        self.names.pop(e.path, None)

    def _link(self, e):
        self.names[e.path] = e.inode

    def _rename(self, e):
        old, new = e.path, e.rest[0]
        for path in [p for p in self.names
                     if p == old or p.startswith(old + '/')]:
            self.names[new + path[len(old):]] = self.names.pop(path)

    def _sync(self, e):
        f = self._file(e.inode)
        f.sure = bytes(f.data)
        self.old = dict(self.names)

    def _syncdir(self, e):
        folder = e.path.rstrip('/')

        def inside(names):
            return {p: i for p, i in names.items()
                    if os.path.dirname(p) == folder}
        for p in inside(self.sure):
            del self.sure[p]
        self.sure.update(inside(self.names))
        self.old = dict(self.names)

    def _syncfs(self, _):
        for f in self.files.values():
            f.sure = bytes(f.data)
        self.sure, self.old = dict(self.names), dict(self.names)

    # -- what is left --

    def _content(self, f, model):
        if model in ('strict', 'ordered', 'old'):
            return f.sure
        if model == 'zeros':
            return f.zeroed()
        if model == 'torn' and self.last and self.last[0] is f and \
                f.sure != bytes(f.data):
            return self.last[1]
        return bytes(f.data)

    def left(self, model):
        """{path: (inode, octets), or None for a directory}"""
        names = {'strict': self.sure, 'old': self.old}.get(model, self.names)
        out = {}
        for path in sorted(names):
            above = os.path.dirname(path)
            if above != self.root and above not in out:
                continue        # its directory is lost, and so is it
            if path.endswith('-shm'):
                continue
            inode = names[path]
            out[path] = None if inode == 0 else \
                (inode, self._content(self._file(inode), model))
        return out


def build(root, left, pool):
    """
    Makes the tree of Disk.left below `root`, which must be its root.  Files
    keep their inodes, by which programs may know them: `pool` is a directory
    where those wait that are not in the tree at the moment.
    """
    pool = Path(pool)
    pool.mkdir(exist_ok=True)
    for path in Path(root).rglob('*'):
        if path.is_file():
            os.replace(path, pool / str(path.stat().st_ino))
    shutil.rmtree(root, ignore_errors=True)
    Path(root).mkdir()
    placed = {}
    for path, what in left.items():
        if what is None:
            os.mkdir(path, 0o700)
            continue
        inode, octets = what
        if inode in placed:
            os.link(placed[inode], path)
            continue
        placed[inode] = path
        if (pool / str(inode)).exists():
            os.replace(pool / str(inode), path)
        Path(path).touch(mode=0o600)
        os.chmod(path, 0o600)
        with open(path, 'r+b') as f:
            f.truncate(0)
            f.write(octets)


def server_saw(events):
    """
    What the server has heard: uids are not known here, so the numbers of
    the messages that DELE and then QUIT have removed.
    """
    heard = collections.defaultdict(bytes)
    for e in events:
        if e.what == 'net':
            heard[e.path] += e.data
    gone = set()
    for octets in heard.values():
        lines = octets.decode('latin-1').split('\r\n')
        if 'QUIT' in lines:
            gone |= {int(x[5:]) for x in lines if x.startswith('DELE ')}
    return gone
