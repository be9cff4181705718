# SPDX-License-Identifier: ISC
"""Fixtures of the client's tests: desk.py, popscript.py, player.py."""
import os
import re
import shutil
import sys
import tempfile

import pytest

HERE = os.path.dirname(__file__)
sys.path.insert(0, HERE)
# office.py, ports.py
sys.path.append(os.path.join(HERE, '..', 'e2e'))

from desk import Desk, letters  # noqa: E402
from popscript import Drop, PopServer  # noqa: E402


def pytest_configure(config):
    """Certificates are made once for all processes of a run."""
    if 'RESTANTE_CERTS' not in os.environ:
        config.restante_certs = os.environ['RESTANTE_CERTS'] = \
            tempfile.mkdtemp(prefix='restante-certs-')


def pytest_unconfigure(config):
    if hasattr(config, 'restante_certs'):
        shutil.rmtree(config.restante_certs, ignore_errors=True)


@pytest.fixture
def desk():
    """A Desk; what it fetched is gone after the test."""
    with Desk() as d:
        yield d


@pytest.fixture
def make_server():
    """
    make_server(mails or Drop, tls=..., knobs...): a PopServer with the user
    wren (password: secret); its drop is server.drop.
    """
    made = []

    def make(mails=3, users=None, **more):
        if isinstance(mails, int):
            mails = letters(mails)
        drop = mails if isinstance(mails, Drop) else Drop(mails)
        server = PopServer(users or {'wren': ('secret', drop)}, **more)
        server.drop = drop
        made.append(server)
        return server

    yield make
    for server in made:
        for s in server.sessions:
            print(f'---- session {s.number}: {s.ended}')
            for who, octets in s.dialogue[-60:]:
                print(who.decode(), repr(octets)[2:160])
        server.close()


def pytest_terminal_summary(terminalreporter):
    """The numbers of points that were tried."""
    lines = [f'{report.nodeid.split("::")[-1]}: {value}'
             for outcome in ('passed', 'failed')
             for report in terminalreporter.stats.get(outcome, [])
             for name, value in getattr(report, 'user_properties', ())
             if name == 'points']
    if not lines:
        return
    terminalreporter.section('points tried')
    totals = {}
    for line in sorted(lines):
        terminalreporter.write_line(line)
        found = re.match(r'(\w+).*?: (\d+) points, (\d+) lost, (\d+) dup', line)
        if found:
            sums = totals.setdefault(found[1], [0, 0, 0])
            for i in range(3):
                sums[i] += int(found[i + 2])
    for name, (points, lost, twice) in totals.items():
        terminalreporter.write_line(f'{name}: in all {points} points, {lost} '
                                    f'lost, {twice} duplicated')
