# SPDX-License-Identifier: ISC
"""The power fails while restante works (P14, P15): see powercut.py.

One run is recorded; for each event of it and each model the disk is built as
it may be then, the server holds what it would, and restante is run again.
"""
import hashlib
import os
import re

import pytest

import powercut
from desk import letters
from faults import Bench, spread
from fetchers import Restante
from popscript import Drop

FULL = bool(os.environ.get('RESTANTE_FULL'))
SLICES = 4 if FULL else 1
MESSAGES = 20 if FULL else 4
MODES = [('maildir', True), ('maildir', False), ('mbox', True),
         ('mbox', False)]
NAMES = ['maildir-keep', 'maildir-delete', 'mbox-keep', 'mbox-delete']
MOST = 10       # cuts, when not all are tried


class Power(Bench):
    """A Bench whose trouble is a disk of another moment."""

    def record(self):
        self.fresh()
        self.root = self.fetcher.dir / 'disk'
        before = powercut.Disk(self.root)
        path = self.fetcher.dir / 'record'
        self.fetcher.run_at('--path', self.root, '--record', path)
        self.server.settle()
        assert sorted(self.fetcher.keys()) == sorted(self.wanted)
        self.before, self.events = before, powercut.read(path)
        assert any(e.what == 'sync' for e in self.events)
        assert any(b'QUIT' in e.data for e in self.events if e.what == 'net')

    def cuts(self, events):
        """(point, what is left, what the server has removed), each once."""
        seen, disk = set(), self.before
        for i, e in enumerate(events):
            disk.play(e)
            gone = powercut.server_saw(events[:i + 1])
            for model in powercut.MODELS:
                left = disk.left(model)
                mark = hashlib.sha256(repr((left, sorted(gone))).encode())
                if mark.digest() not in seen:
                    seen.add(mark.digest())
                    yield f'{model} behind event {i} ({e})', left, gone

    def forgives(self, point):
        # a strict reading brings back what was removed from a directory
        # that nobody has fsynced since: drafts that nobody takes for mail
        return point.startswith('strict')

    def after_a_cut(self, point, left, gone):
        self.server.reset()
        self.drop = Drop(self.mails)
        self.drop.messages[:] = [m for n, m in enumerate(
            self.drop.messages, 1) if n not in gone]
        self.server.users['wren'] = ('secret', self.drop)
        powercut.build(self.root, left, self.fetcher.dir / 'pool')
        self.afterwards(point)


@pytest.fixture
def power(tmp_path, mode):
    kind, keep = mode
    with Power(Restante, tmp_path / 'home', letters(MESSAGES), keep=keep,
               kind=kind) as p:
        p.record()
        yield p


def telling(cuts):
    """Those behind an fsync or a word to the server, and some others."""
    first = [c for c in cuts if c[0].startswith('strict') and
             re.search(r'\((sync|syncdir|net) ', c[0])]
    worst = [c for c in cuts if c[2] and c not in first]
    others = [c for c in cuts if not c[2] and c not in first]
    return first + spread(worst, MOST) + spread(others, MOST)


@pytest.mark.parametrize('mode', MODES, ids=NAMES)
@pytest.mark.parametrize('slice_', range(SLICES))
def test_power_cut(power, slice_, record_property):
    """P14 P15: whatever the disk has kept, nothing is lost or doubled"""
    cuts = list(power.cuts(power.events))
    for cut in spread(cuts if FULL else telling(cuts), None, slice_, SLICES):
        power.after_a_cut(*cut)
    record_property('points', f'{power.tally} of {len(cuts)}')
    power.tally.check()


@pytest.mark.parametrize('mode', [('maildir', False), ('mbox', False)],
                         ids=['maildir', 'mbox'])
def test_without_fsync_mail_is_lost(power, record_property):
    """The test above can fail: on a disk whose fsync does nothing it does"""
    cuts = list(power.cuts(powercut.without_syncs(power.events)))
    for cut in [c for c in cuts if c[2]][:4]:
        power.after_a_cut(*cut)
    record_property('points', str(power.tally))
    assert power.tally.lost
