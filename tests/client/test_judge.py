# SPDX-License-Identifier: ISC
"""judge.py: what it finds in a client that is careless, and in restante.

The whole of it is tools/hostile-matrix; here is a sample, and the proof that
each kind of fault is found.
"""
import re
import shutil
import sys

import pytest

import fetchers
import judge
import player
from desk import ROOT

# Does all that a client must not do; stores before it knows the end.
SCRIPT = r'''
import os, socket, ssl, sys
host, port, tls, how, home = sys.argv[1:]
s = socket.create_connection((host, int(port)))
loose = ssl._create_unverified_context()
if tls == 'implicit':
    s = loose.wrap_socket(s)
came = b''
def line():
    global came
    while b'\n' not in came and (more := s.recv(4096)):
        came += more
    first, end, came = came.partition(b'\n')
    return first + end
def say(words):
    s.sendall(words + b'\r\n')
    return line()
line()
if tls == 'start' and say(b'STLS').startswith(b'+OK'):
    s = loose.wrap_socket(s)
say(b'USER wren')
say(b'PASS correct horse battery')
if how == 'crash':
    os.kill(os.getpid(), 11)
if how == 'eat':
    eaten = bytearray(b'x') * (400 << 20)
for i in range(1, int(say(b'STAT').split()[1]) + 1):
    with open(f'{home}/mail/{os.getpid()}.{i}', 'wb') as out:
        if say(b'RETR %d' % i).startswith(b'+OK'):
            while (x := line()) not in (b'.\r\n', b''):
                out.write(x[x.startswith(b'.'):])
                out.flush()
    if how == 'delete':
        say(b'DELE %d' % i)
say(b'QUIT')
'''


class Careless(fetchers.Fetcher):
    name = 'careless'
    exact = True
    how = '-'

    def configure(self):
        (self.dir / 'mail').mkdir()
        (self.dir / 'script.py').write_text(SCRIPT)

    def command(self):
        return [sys.executable, self.dir / 'script.py', self.server.host,
                self.server.port, self.tls, self.how, self.dir]

    def files(self):
        return list((self.dir / 'mail').iterdir())


def court(name, fetcher, home):
    home.chmod(0o755)
    case = player.Case(player.CASES / f'{name}.t')
    return judge.Court(case, fetcher, home)


def verdict(name, fetcher, home, how=None, patience=None):
    c = court(name, fetcher, home)
    try:
        c.fetcher.how = how
        c.fetcher.patience = patience or c.fetcher.patience
        c.fetcher.watched = how == 'eat'
        return str(c.judge())
    finally:
        c.close()


@pytest.mark.parametrize('name,how,found', [
    ('lost-half-close', '-', '1 stored in part'),
    ('stls-absent-no-capa', '-', 'password in clear'),
    ('cert-stranger-start', '-', 'password to a stranger'),
    ('cert-stranger-implicit', '-', 'believed the certificate'),
    ('stls-injected-ok', '-', 'took for an answer'),
    ('poison', '-', 'said success'),
    ('dele-err', 'delete', '3 twice'),
    ('poison-delete', 'delete', '1 lost'),
    ('dele-close', 'delete', 'fetched again on the next visit'),
    ('stat-none', '-', 'said success, 3 not fetched'),
    ('plus-ok-alone', 'delete', 'deleted what was to be kept'),
    ('plus-ok-alone', 'crash', 'dies of signal 11'),
    ('plus-ok-alone', 'eat', 'takes 4'),
])
def test_what_is_wrong_is_found(tmp_path, name, how, found):
    assert found in verdict(name, Careless, tmp_path, how)


def test_who_does_not_end_is_found(tmp_path):
    assert 'hangs' in verdict('greeting-stall', Careless, tmp_path, '-', 1)


def test_what_cannot_happen_is_no_fault(tmp_path):
    assert verdict('uidl-paths', Careless, tmp_path, '-') == \
        '– never says UIDL'


@pytest.mark.parametrize('name', [
    'plus-ok-alone', 'lost-half-tls-notify', 'stls-injected-capa',
    'uidl-paths', 'once-uidl-short', 'quit-mute', 'renumbers',
    'tls-plain-in-message', 'apop-stamp-blank', 'scram-no-v-sha-256'])
def test_restante_survives(tmp_path, name):
    """C02 C03 C07 C11 C12 C13 C24: by the rules that hold for all"""
    assert verdict(name, fetchers.Restante, tmp_path) == '✓'


@pytest.mark.skipif(not shutil.which('curl'), reason='no curl')
@pytest.mark.parametrize('name', ['plus-ok-alone', 'stls-good'])
def test_others_are_driven_rightly(tmp_path, name):
    assert verdict(name, fetchers.Curl, tmp_path) == '✓'


def test_the_matrix_has_every_case():
    """docs/hostile.md is as new as the cases"""
    text = (ROOT / 'docs' / 'hostile.md').read_text(encoding='utf-8')
    have = set(re.findall(r'^\| `([^`]+)`', text, re.M))
    assert have == {p.stem for p in player.all_cases()}, \
        'tools/hostile-matrix --write'
