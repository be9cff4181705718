# SPDX-License-Identifier: ISC
"""restante is killed, cut off, and refused by the kernel (P14-P17, C-5, C-7).

Each test tries points of a session with 20 messages: all of them when
RESTANTE_FULL=1 (tools/client-faults), else as many as take some seconds.
What must hold afterwards is said in faults.py.
"""
import os

import pytest

from desk import letters
from faults import Bench, spread
from fetchers import Restante

FULL = bool(os.environ.get('RESTANTE_FULL'))
SLICES = 4 if FULL else 1       # so that several processes share a long test
MESSAGES = 20
MODES = [('maildir', True), ('maildir', False), ('mbox', True),
         ('mbox', False)]
NAMES = ['maildir-keep', 'maildir-delete', 'mbox-keep', 'mbox-delete']
slices = pytest.mark.parametrize('slice_', range(SLICES))
modes = pytest.mark.parametrize('mode', MODES, ids=NAMES)


def most(n):
    return None if FULL else n


@pytest.fixture
def bench(tmp_path, mode, request):
    kind, keep = mode
    which = Refused if 'refused' in request.node.name else Bench
    with which(Restante, tmp_path / 'home', letters(MESSAGES), keep=keep,
               kind=kind) as b:
        yield b


@modes
@slices
def test_killed_at_every_call(bench, slice_, record_property):
    """P14 P15 C-5 C-7: SIGKILL before and after each system call"""
    start = ('--from-path', str(bench.fetcher.dir))
    calls = bench.count(*start)
    tried = spread([(n, when) for n in range(1, calls + 1)
                    for when in ('before', 'after')],
                   most(16), slice_, SLICES)
    for n, when in tried:
        bench.at_call(*start, '--kill', f'{when}:{n}')
    if slice_ == 0 and FULL:
        # threads make the number of calls vary: on until no run reaches it
        n = calls + 1
        while bench.at_call(*start, '--kill', f'before:{n}'):
            n += 1
    record_property('points', f'{bench.tally} of {2 * calls}')
    bench.tally.check()


@pytest.mark.parametrize('how', ['fin', 'rst'])
@modes
@slices
def test_cut_off_at_every_octet(bench, mode, how, slice_, record_property):
    """C-5 P17 C12: the connection is lost"""
    bench.fresh()
    assert bench.fetcher.run() == 0, bench.fetcher.output
    session = bench.server.last
    wire = bytes(session.raw_out)
    points = octets_that_matter(wire, session)
    for k in spread(points, most(8), slice_, SLICES):
        bench.cut(k, how)
    record_property('points', f'{bench.tally} of {len(points)}')
    bench.tally.check()


def octets_that_matter(wire, session):
    """All up to the listings; then around line ends, dots and final dots."""
    first = next(k for k, c in session.marks if c.startswith('RETR'))
    points = set(range(first + 8))
    points.update(range(first, len(wire), 97))
    for i in range(first, len(wire)):
        near = wire[max(0, i - 1):i + 1]
        if b'\r' in near or b'\n' in near or wire[i - 1:i] == b'.' or \
                wire[i:i + 1] == b'.':
            points.add(i)
    end = wire.find(b'\r\n.\r\n', first)
    while end >= 0:
        points.update(range(max(0, end - 5), min(len(wire), end + 7)))
        end = wire.find(b'\r\n.\r\n', end + 1)
    return sorted(p for p in points if p < len(wire))


KINDS = ('write', 'fsync', 'rename', 'open', 'link', 'unlink', 'mkdir',
         'truncate')


class Refused(Bench):
    """What could not be removed may lie there until the next crash."""

    def forgives(self, point):
        return ' unlink:' in point


@pytest.mark.parametrize('error', ['EIO', 'ENOSPC'])
@modes
@slices
def test_refused_at_every_call(bench, error, slice_, record_property):
    """P14 C20 C22: a call about our files fails, once or from then on"""
    points = []
    start = ('--path', str(bench.fetcher.dir / 'disk'))
    for kind in KINDS:
        calls = bench.count(*start, '--fail', f'{kind}:{error}:1000000')
        points += [f'{kind}:{error}:{n}{more}'
                   for n in range(1, calls + 1) for more in ('', '+')]
    for what in spread(points, most(14), slice_, SLICES):
        bench.at_call(*start, '--fail', what)
    record_property('points', f'{bench.tally} of {len(points)}')
    bench.tally.check()
