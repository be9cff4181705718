# SPDX-License-Identifier: ISC
"""faults: something happens to a fetcher; then it is run again, twice.

What must hold after that is the same whatever happened:
- right behind it, nothing is deleted on the server that is not whole here,
  and no half message stands where mail is read;
- after the second run every message is here once, drafts are gone, and in
  delete mode the server is empty;
- the third run fetches nothing.
"""
import collections
import dataclasses

from fetchers import HUNG
from popscript import Drop, PopServer


@dataclasses.dataclass
class Tally:
    """What became of the runs."""

    points: int = 0
    lost_runs: int = 0
    lost: int = 0
    duplicate_runs: int = 0
    duplicates: int = 0
    halves: int = 0
    refetched: int = 0      # runs whose third visit fetched something
    other: int = 0          # leftovers, failed second runs, deletions
    stories: list = dataclasses.field(default_factory=list)

    def tell(self, point, text):
        if len(self.stories) < 40:
            self.stories.append(f'{point}: {text}')

    @property
    def good(self):
        return not (self.lost or self.duplicates or self.halves or
                    self.refetched or self.other)

    def add(self, more):
        for f in dataclasses.fields(self):
            setattr(self, f.name,
                    getattr(self, f.name) + getattr(more, f.name))
        return self

    def __str__(self):
        return (f'{self.points} points, {self.lost} lost, '
                f'{self.duplicates} duplicated, {self.halves} halves, '
                f'{self.refetched} fetched again, {self.other} other')

    def check(self):
        assert self.points, 'no point was tried'
        assert self.good, '\n'.join([str(self), *self.stories])


class Bench:
    """
    A fetcher, the server it calls at, and the mail that lies there.

    fetcher: a class of fetchers.py
    """

    def __init__(self, fetcher, directory, mails, keep=True, kind='maildir',
                 **knobs):
        self.mails, self.keep = list(mails), keep
        self.server = PopServer({'wren': ('secret', Drop())}, **knobs)
        self.fetcher = fetcher(directory, self.server, keep, kind)
        self.wanted = {self.fetcher.expected(m): i
                       for i, m in enumerate(self.mails)}
        assert len(self.wanted) == len(self.mails)
        self.tally = Tally()

    def close(self):
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fresh(self):
        """Everything as before the first visit."""
        self.server.reset()
        self.drop = Drop(self.mails)
        self.uid_of = dict(zip(self.wanted, self.drop.uids()))
        self.server.users['wren'] = ('secret', self.drop)
        self.fetcher.prepare()

    def forgives(self, point):
        """May something be left that is no mail?"""
        return False

    # -- looking --

    def _deleted(self):
        left = set(self.drop.uids())
        return {k for k, uid in self.uid_of.items() if uid not in left}

    def right_behind(self, point):
        """What must hold at any moment."""
        t = self.tally
        if self.fetcher.kind == 'mbox':
            # an mbox that is being appended to may be cut: recovery mends it
            return
        here = self.fetcher.keys()
        halves = [k for k in here if k not in self.wanted]
        if halves:
            t.halves += len(halves)
            t.tell(point, f'{len(halves)} half messages')
        gone = self._deleted() - set(here)
        if gone:
            t.other += 1
            t.tell(point, f'{len(gone)} deleted there, not whole here')

    def afterwards(self, point):
        """The second and the third run."""
        t = self.tally
        self.server.settle()
        status = self.fetcher.run()
        if status == HUNG:
            t.tell(point, 'the second run hung, and was made again')
            status = self.fetcher.run()
        self.server.settle()
        if status != 0:
            t.other += 1
            t.tell(point, f'second run: status {status}: ' +
                   self.fetcher.output.decode(errors='replace')[-300:])
        self._count(point)
        if self.fetcher.leftovers() and not self.forgives(point):
            t.other += 1
            t.tell(point, f'left: {self.fetcher.leftovers()[:3]}')
        if not self.keep and self.drop.messages:
            t.other += 1
            t.tell(point, f'{len(self.drop.messages)} still on the server')
        before = sum(self.server.retrieved().values())
        was = len(self.fetcher.keys())
        self.fetcher.run()
        self.server.settle()
        if sum(self.server.retrieved().values()) != before or \
                len(self.fetcher.keys()) != was:
            t.refetched += 1
            t.tell(point, 'the third run fetched something')
        t.points += 1

    def _count(self, point):
        t = self.tally
        have = collections.Counter(self.fetcher.keys())
        lost = [self.wanted[k] + 1 for k in self.wanted if not have[k]]
        twice = {self.wanted[k] + 1: n for k, n in have.items()
                 if n > 1 and k in self.wanted}
        halves = [k for k in have if k not in self.wanted]
        if lost:
            t.lost_runs += 1
            t.lost += len(lost)
            t.tell(point, f'lost: {lost}')
        if twice:
            t.duplicate_runs += 1
            t.duplicates += sum(n - 1 for n in twice.values())
            t.tell(point, f'more than once: {twice}')
        if halves:
            t.halves += len(halves)
            t.tell(point, f'{len(halves)} half messages at the end')

    # -- what happens --

    def at_call(self, *options):
        """One run under atcall, then the checks; False: N was not reached."""
        point = ' '.join(map(str, options))
        for _ in range(5):
            self.fresh()
            reached, report = self.fetcher.run_at(*options)
            if report is not None:
                break
            # getmail6 waits for ever for a child that has ended, once in
            # some hundred runs, traced or not
            self.tally.tell(point, 'it hung')
        if not reached:
            return False
        self.server.settle()
        self.right_behind(point)
        self.afterwards(point)
        return True

    def count(self, *options):
        """How many calls there are; with --fail: such calls."""
        self.fresh()
        _, report = self.fetcher.run_at(*options)
        self.server.settle()
        assert report['status'] == 0, self.fetcher.output.decode()
        assert sorted(self.fetcher.keys()) == sorted(self.wanted), \
            'an undisturbed run does not fetch everything'
        return report['calls']

    def cut(self, k, how):
        """The connection is lost after k octets of the server."""
        self.fresh()
        self.server.once.append({'cut': (k, how)})
        self.fetcher.run()
        self.server.settle()
        point = f'{how} after {k} octets'
        self.right_behind(point)
        self.afterwards(point)


def spread(points, most, slice_=0, slices=1):
    """At most `most` of them, evenly; then one slice of these."""
    points = list(points)
    if most and len(points) > most:
        step = len(points) / most
        points = [points[int(i * step)] for i in range(most)]
    return points[slice_::slices]
