# SPDX-License-Identifier: ISC
"""Hundreds of sessions held open while another client works.  The same tool
with 10,000 measures memory (bench/README.md); here it must only be right."""
import json
import subprocess
import sys

import pytest

from office import ROOT, Office

SESSIONS = 500


@pytest.mark.parametrize('tls', [False, True], ids=['plain', 'tls'])
def test_sessions_held_open(tls):
    """S33"""
    users = {f'u{n:05d}': '{PLAIN}secret' for n in range(SESSIONS)}
    users['worker'] = '{PLAIN}secret'
    with Office(users=users, limits={'sessions_per_address': 1000},
                listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                     'clear_login': 'yes'}}) as office:
        for _ in range(3):
            office.put('worker', b'Subject: x\n\n.\n..\nhello\n')
        done = subprocess.run(
            [sys.executable, str(ROOT / 'bench' / 'idle.py'), '--json',
             '--pid', str(office.pid), '--sessions', str(SESSIONS),
             '--port', str(office.ports['pop3s' if tls else 'clear']),
             '--worker', 'worker', '--hold', '0.5', '--settle', '0.1',
             *(['--tls'] if tls else [])],
            capture_output=True, text=True, timeout=120, check=False)
        print(done.stdout, done.stderr)
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        assert got['sessions'] == SESSIONS
        assert got['visits'] > 0 and got['visit_failure'] is None
