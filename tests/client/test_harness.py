# SPDX-License-Identifier: ISC
"""The harness itself: a server, a tool or a disk that lies proves nothing."""
import poplib
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

import certs
import player
import powercut
from desk import ATCALL, letters, mbox_read, stored
from popscript import Drop, PopServer
from ports import free_port

HERE = Path(__file__).resolve().parent


def talk(server, *lines):
    """Sends all lines in one write; everything that is said until the end."""
    with socket.create_connection((server.host, server.port), 10) as s:
        s.sendall(b''.join(x.encode() + b'\r\n' for x in lines))
        out = b''
        while True:
            try:
                more = s.recv(65536)
            except ConnectionResetError:
                return out + b'(RST)'
            if not more:
                return out
            out += more


LOGIN = ('USER wren', 'PASS secret')


def test_behaves(make_server):
    server = make_server([b'Subject: a\r\n\r\n.x\r\n', b'Subject: b\r\n\r\n'])
    pop = poplib.POP3(server.host, server.port)
    pop.user('wren')
    pop.pass_('secret')
    assert pop.stat() == (2, 34 - 2)
    assert pop.uidl()[1] == [b'1 u0001', b'2 u0002']
    assert pop.retr(1)[1] == [b'Subject: a', b'', b'.x']
    assert pop.top(1, 0)[1] == [b'Subject: a', b'']
    pop.dele(1)
    assert server.drop.uids() == ['u0001', 'u0002']     # not before QUIT
    pop.quit()
    last = server.last
    assert server.drop.uids() == ['u0002'] and last.expunged == ['u0001']
    assert last.retrieved == {'u0001': 1} and last.asked == ['u0001']


def test_without_quit_nothing_is_deleted(make_server):
    server = make_server()
    talk_ = socket.create_connection((server.host, server.port))
    talk_.sendall(b'USER wren\r\nPASS secret\r\nDELE 1\r\n')
    got = b''
    while got.count(b'+OK') < 4:
        got += talk_.recv(4096)
    talk_.close()
    assert server.last.asked == ['u0001'] and len(server.drop.uids()) == 3


@pytest.mark.parametrize('how', ['fin', 'rst'])
def test_cut(make_server, how):
    server = make_server(cut=(9, how))
    got = talk(server, *LOGIN)
    assert got == b'+OK ready' + (b'(RST)' if how == 'rst' else b'')
    assert server.last.ended == f'cut: {how}'


def test_knobs(make_server):
    server = make_server()
    server.once += [{'uidl': 'err'}, {'uidl': 'same'}, {'poison': ('u0002',)},
                    {'quit': 'keep'}, {'interleave': True}, {'hangup': True}]
    talk_ = [*LOGIN, 'UIDL', 'RETR 1', 'RETR 2', 'DELE 3', 'QUIT']
    assert b'-ERR [SYS/TEMP]' in talk(server, *talk_)
    server.drop.add(b'x')
    assert b'1 same\r\n2 same\r\n' in talk(server, *talk_)
    assert talk(server, *talk_).count(b'-ERR') == 2
    server.settle()
    left = len(server.drop.uids())
    assert talk(server, *LOGIN, 'DELE 1', 'QUIT').endswith(b'bye\r\n')
    server.settle()
    assert len(server.drop.uids()) == left
    server.drop.add(b'y')
    assert b'+OK\r\n.\r\n' in talk(server, *LOGIN, 'RETR 1', 'RETR 1', 'QUIT')
    assert b'logged in' not in talk(server, *talk_)
    assert server.last.ended == 'hung up on pipelining'


def test_round_trips(make_server):
    """one for each time that the client lets the server wait"""
    server = make_server(latency=0.05)
    pop = poplib.POP3(server.host, server.port)
    pop.user('wren')
    pop.pass_('secret')
    pop.quit()
    assert server.last.round_trips == 3
    talk(server, *LOGIN, 'QUIT')
    assert server.last.round_trips <= 1


def test_tls(make_server):
    for tls in ('implicit', 'start'):
        server = make_server(tls=tls, cert=certs.certificate())
        context = ssl.create_default_context(cafile=certs.authority()[0])
        if tls == 'implicit':
            pop = poplib.POP3_SSL('127.0.0.1', server.port, context=context)
        else:
            pop = poplib.POP3('127.0.0.1', server.port)
            pop.stls(context)
        pop.user('wren')
        pop.pass_('secret')
        pop.quit()
        assert server.last.tls


@pytest.mark.parametrize('path', player.all_cases(),
                         ids=[p.stem for p in player.all_cases()])
def test_case_can_be_read(path):
    case = player.Case(path)
    case.knobs()
    case.mails()


def test_unescape():
    assert player.unescape(r'a\r\n\x41\0\\\s\{3*x\n}') == \
        b'a\r\nA\0\\ x\nx\nx\n'


def test_mbox_read():
    text = b'From a b\nSubject: x\n\n>From me\n>>From you\n\n' \
        b'From c d\nSubject: y\n\nz\n\n'
    assert mbox_read(text) == [b'Subject: x\n\nFrom me\n>From you\n',
                               b'Subject: y\n\nz\n']
    with pytest.raises(AssertionError):
        mbox_read(b'From a b\nSubject: x\n\nhalf')


def test_checks_are_covered():
    """No check of the lists is without a case or a test"""
    wanted = {f'C-{n}' for n in range(1, 34)}
    wanted |= {f'C{n:02d}' for n in range(1, 27)}
    wanted |= {f'item {n}' for n in range(1, 12)}
    have = set()
    for path in player.all_cases():
        have.update(player.Case(path).head['checks'][0].split())
    for path in HERE.glob('test_*.py'):
        if path.name == 'test_harness.py':
            continue
        text = path.read_text()
        have.update(re.findall(r'\b(?:C-\d+|C\d\d|item \d+)\b', text))
    elsewhere = set(re.findall(r'^\| (C-\d+|C\d\d|item \d+) \|',
                               (HERE / 'README.md').read_text(), re.M))
    assert not wanted - have - elsewhere, sorted(wanted - have - elsewhere)


# ---- atcall and powercut ---------------------------------------------------

SCRIPT = '''
import os, sys
os.chdir(sys.argv[1])
f = os.open('tmp', os.O_CREAT | os.O_WRONLY, 0o600)
os.write(f, b'first ')
os.fsync(f)
os.write(f, b'second')
os.rename('tmp', 'name')
d = os.open('.', os.O_RDONLY)
os.fsync(d)
os.write(f, b' third')
'''


def at(tmp_path, *options):
    home = tmp_path / 'disk'
    home.mkdir(exist_ok=True)
    report = tmp_path / 'report'
    done = subprocess.run([ATCALL, '--report', report, *map(str, options),
                           '--', sys.executable, '-S', '-E', '-c', SCRIPT,
                           home], capture_output=True, text=True)
    words = dict(w.split('=') for w in report.read_text().split())
    return done.returncode, {k: int(v) for k, v in words.items()}, home


def test_atcall_counts(tmp_path):
    listing = tmp_path / 'list'
    status, report, _ = at(tmp_path, '--list', listing, '--from-path',
                           tmp_path / 'disk')
    assert status == 0 and report['status'] == 0
    calls = [line.split('\t') for line in listing.read_text().splitlines()]
    # exit_group never returns, so it is counted and not listed
    assert len(calls) == report['calls'] - 1
    names = [c[1] for c in calls if str(tmp_path) in c[2]]
    assert [n for n in names if n in ('write', 'fsync', 'rename')] == [
        'write', 'fsync', 'write', 'rename', 'fsync', 'write']


@pytest.mark.parametrize('when', ['before', 'after'])
def test_atcall_kills(tmp_path, when):
    listing = tmp_path / 'list'
    start = ('--from-path', tmp_path / 'disk')
    at(tmp_path, '--list', listing, *start)
    n = next(line.split('\t')[0] for line in listing.read_text().splitlines()
             if line.split('\t')[1] == 'rename')
    (tmp_path / 'disk' / 'name').unlink()
    status, report, home = at(tmp_path, *start, '--kill', f'{when}:{n}')
    assert status == 0 and report['reached'] and report['status'] == 137
    assert [p.name for p in home.iterdir()] == \
        [{'before': 'tmp', 'after': 'name'}[when]]
    assert next(home.iterdir()).read_text() == 'first second'
    status, report, _ = at(tmp_path, *start, '--kill', 'before:100000')
    assert status == 3 and not report['reached']


def test_atcall_fails(tmp_path):
    start = ('--path', tmp_path / 'disk')
    status, report, home = at(tmp_path, *start, '--fail', 'fsync:EIO:1')
    assert (status, report['status']) == (0, 1)
    assert (home / 'tmp').read_text() == 'first '
    assert at(tmp_path, *start, '--fail', 'fsync:EIO:3')[0] == 3
    assert at(tmp_path, *start, '--fail', 'write:ENOSPC:2+')[0] == 0


def test_power_models(tmp_path):
    disk = powercut.Disk(tmp_path / 'disk')
    at(tmp_path, '--path', tmp_path / 'disk', '--record', tmp_path / 'record')
    events = powercut.read(tmp_path / 'record')
    kinds = [e.what for e in events]
    assert kinds == ['create', 'write', 'sync', 'write', 'rename', 'syncdir',
                     'write']
    seen = []
    for e in events:
        disk.play(e)
        seen.append({m: {Path(p).name: c[1] for p, c in disk.left(m).items()}
                     for m in powercut.MODELS})
    assert seen[1]['strict'] == {} and seen[1]['ordered'] == {'tmp': b''}
    assert seen[1]['zeros'] == {'tmp': bytes(6)} and seen[1]['old'] == {}
    assert seen[1]['torn'] == {'tmp': b'fir'}
    assert seen[2]['strict'] == {} and seen[2]['old'] == {'tmp': b'first '}
    assert seen[4]['strict'] == {} and seen[4]['old'] == {'tmp': b'first '}
    assert seen[4]['ordered'] == {'name': b'first '}
    assert seen[4]['all'] == {'name': b'first second'}
    assert seen[5]['strict'] == {'name': b'first '}
    assert seen[6]['zeros'] == {'name': b'first ' + bytes(12)}


def test_built_files_keep_their_inodes(tmp_path):
    root, pool = tmp_path / 'disk', tmp_path / 'pool'
    root.mkdir()
    (root / 'a').write_bytes(b'one')
    inode = (root / 'a').stat().st_ino
    left = {str(root / 'd'): None, str(root / 'd' / 'b'): (inode, b'two'),
            str(root / 'c'): (1, b'')}
    powercut.build(root, left, pool)
    assert (root / 'd' / 'b').read_bytes() == b'two'
    assert (root / 'd' / 'b').stat().st_ino == inode
    assert (root / 'c').read_bytes() == b''
    powercut.build(root, {str(root / 'a'): (inode, b'x')}, pool)
    assert (root / 'a').stat().st_ino == inode


def test_server_saw():
    def net(text):
        return powercut.Event(f'net\t0\tsocket:[1]\t{text.encode().hex()}\n')
    events = [net('USER x\r\nDELE 1\r\nDELE 3\r\n'), net('QUI'), net('T\r\n')]
    assert powercut.server_saw(events[:2]) == set()
    assert powercut.server_saw(events) == {1, 3}


def test_stored():
    assert stored(letters(1)[0]).count(b'\r') == 0
    assert stored(b'a\rb\n') == b'a\rb\n\n'
    assert Drop(letters(2)).uids() == ['u0001', 'u0002']
    with PopServer({}) as server:
        assert server.port


def test_a_port_is_given_once():
    """To whoever asks, in this process or in another at the same time."""
    ask = ('import ports; print(*(ports.free_port() for _ in range(50)), '
           'flush=True); input()')
    given = [free_port() for _ in range(50)]
    others = [subprocess.Popen(
        [sys.executable, '-c', ask], stdin=subprocess.PIPE, text=True,
        stdout=subprocess.PIPE, cwd=HERE.parent / 'e2e') for _ in range(2)]
    for other in others:
        given += map(int, other.stdout.readline().split())
    for other in others:
        other.communicate('\n')
    assert len(given) == len(set(given)) == 150
    # a port on which somebody listens is given to nobody
    with socket.create_server(('127.0.0.1', free_port())) as taken:
        port = taken.getsockname()[1]
        assert port not in [free_port() for _ in range(500)]
