# SPDX-License-Identifier: ISC
"""Lines of docs/threats.md that concern what lies behind the network:
maildrops that others write into, secrets, processes that were taken over,
configuration, sizes."""
import base64
import contextlib
import os
import poplib
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from office import (AS_ROOT, AUTH_ID, BUILD, FRONT_ID, RESTANTED, ROLES,
                    ROOT, SANITIZERS, STORE_ID, WAIT, Office, pki, wait_gone)
from test_attack import KIND, Stolen, frame, octets, u32
from test_hostile import (ask, bounded, eventually, greeted, line, reset,
                          status)

LONG = bool(os.environ.get('RESTANTE_LONG'))
SMALL = b'Subject: small\n\nhello\n'
WIRE = SMALL.replace(b'\n', b'\r\n')
MIB = 1 << 20
CLEAR = {'clear': {'protocol': 'pop3', 'tls': 'start', 'clear_login': 'yes'}}


def ids_of(pop):
    return [x.split(b' ', 1)[1] for x in pop.uidl()[1]]


# ---- messages --------------------------------------------------------------

def test_headers_say_nothing_to_the_server(make_office):
    """S41: unique-ids and sizes come from the store, not from the mail"""
    office = make_office()
    text = (b'X-UIDL: dup\nStatus: RO\nX-Status: D\nContent-Length: 3\n'
            b'X-IMAP: 1 2\n\nFrom me\nbody\n')
    for _ in range(2):
        office.put('wren', text)
    with office.pop3('wren') as pop:
        ids = ids_of(pop)
        assert len(set(ids)) == 2 and not any(b'dup' in i for i in ids)
        size = len(text.replace(b'\n', b'\r\n'))
        assert pop.stat() == (2, 2 * size)
        for n in 1, 2:
            assert pop.message(n) == text.replace(b'\n', b'\r\n')


def test_ids_outlive_processes_and_clocks(make_office):
    """S42, P7: the same ids after a restart, and whatever time the files
    have; two mails of the same octets have two"""
    office = make_office()
    for _ in range(2):
        office.deliver(b'Subject: same\r\n\r\nx\r\n')
    office.put('wren', SMALL)
    with office.pop3('wren') as pop:
        ids = ids_of(pop)
    assert len(set(ids)) == 3
    office.kill_all()
    for n, path in enumerate(office.messages()):
        os.utime(path, (n * 1e9, (3 - n) * 1e9))
    for path in office.mail_root.rglob('*'):
        if path.is_dir():
            os.utime(path, (1, 1))
    office.start()
    with office.pop3('wren') as pop:
        assert ids_of(pop) == ids


def own(path):
    if AS_ROOT:
        os.chown(path, STORE_ID, STORE_ID, follow_symlinks=False)


def test_odd_entries_of_a_maildir(make_office):
    """S45: what is no regular file is no message, is not opened, stops
    nobody and stays; a name of any octets is one line of UIDL"""
    office = make_office()
    box = office.maildir()
    new = box / 'new'
    odd = {'2.link': lambda p: p.symlink_to('/etc/passwd'),
           '2.loop': lambda p: p.symlink_to('2.loop'),
           '3.fifo': lambda p: os.mkfifo(p),
           '4.dir': lambda p: p.mkdir(),
           '6.sock': lambda p: socket.socket(socket.AF_UNIX).bind(str(p)),
           '.hidden': lambda p: p.write_bytes(SMALL)}
    if AS_ROOT:
        odd['5.null'] = lambda p: os.mknod(p, 0o600 | 0o020000,
                                           os.makedev(1, 3))
    for name, make in odd.items():
        # an AF_UNIX path is short
        os.chdir(new)
        try:
            make(Path(name))
        except PermissionError:
            assert name == '5.null'     # containers may not make devices
        finally:
            os.chdir('/')
        with contextlib.suppress(FileNotFoundError):
            own(new / name)
    shown = [b'7.a\nb', b'7.\r\n.\r\n', b'..b', b'8.a:2,S', b'9. x\ty',
             b'10.\xff\xfe', b'11.' + b'z' * 240, b'12.\x1b[2J', b'+OK']
    shown = [n for n in shown if not n.startswith(b'.')]
    for name in shown:
        path = os.fsencode(new) + b'/' + name
        with open(path, 'wb') as f:
            f.write(SMALL)
        own(path)
    before = sorted(os.listdir(os.fsencode(new)))
    with office.pop3('wren') as pop:
        assert pop.stat() == (len(shown), len(shown) * len(WIRE))
        ids = ids_of(pop)
        assert len(set(ids)) == len(shown)
        assert all(re.fullmatch(rb'[\x21-\x7e]{1,70}', i) for i in ids)
        for n in range(1, len(shown) + 1):
            assert pop.message(n) == WIRE
            pop.dele(n)
    left = sorted(set(before) - set(shown))
    assert sorted(os.listdir(os.fsencode(new))) == left


def test_a_link_leads_nowhere(make_office):
    """S46: a maildrop that is a link, or lies behind one, is refused, and
    no mail is put there"""
    office = make_office(users={
        'wren': 'secret', 'finch': 'secret',
        'robin': '{PLAIN}secret'})
    office.put('wren', SMALL)
    office.maildir('robin')
    (office.mail_root / 'finch').symlink_to('wren')
    cur = office.mail_root / 'robin' / 'new'
    cur.rmdir()
    cur.symlink_to('../wren/new')
    for user in 'finch', 'robin':
        with pytest.raises(poplib.error_proto, match=r'\[SYS/'):
            office.pop3(user, 'secret')
        with pytest.raises(Exception) as e:
            office.deliver(b'Subject: x\r\n\r\nx\r\n', f'{user}@example.org')
        assert re.search(r'45\d|55\d', str(e.value)), e.value
    assert len(office.messages('wren')) == 1


@pytest.mark.skipif(not AS_ROOT, reason='needs root: gives files away')
def test_maildrop_of_somebody_else(make_office):
    """S46: one that the store's user cannot write is refused for good or
    for now, and nothing in it is touched"""
    office = make_office()
    office.put('wren', SMALL)
    box = office.maildir()
    os.chown(box, 0, 0)
    with pytest.raises(poplib.error_proto, match=r'\[SYS/'):
        office.pop3('wren')
    os.chown(box, STORE_ID, STORE_ID)
    with office.pop3('wren') as pop:
        assert pop.stat()[0] == 1


def test_lock_of_a_killed_process(make_office):
    """S48, P8: a second session is told [IN-USE]; the lock of a process
    that was killed is gone with it"""
    office = make_office()
    office.put('wren', SMALL)
    for role in 'front', 'store':
        pop = office.pop3_again('wren')
        with pytest.raises(poplib.error_proto, match=r'\[IN-USE\]'):
            office.pop3('wren')
        office.kill(role)
        with office.pop3_again('wren') as again:
            assert again.stat()[0] == 1
        pop.close()


# ---- secrets ---------------------------------------------------------------

SECRETS = [b'Zq7-right-Zq7-horse', b'Xv9-wrong-Xv9-staple']


def places(pid):
    """What the kernel shows of a process"""
    for name in ('cmdline', 'environ', 'comm', 'status', 'maps', 'stat'):
        with contextlib.suppress(OSError):
            with open(f'/proc/{pid}/{name}', 'rb') as f:
                yield name, f.read()
    for n in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(OSError):
            yield n, os.fsencode(os.readlink(f'/proc/{pid}/fd/{n}'))


def test_secrets_are_seen_nowhere(make_office):
    """S49: neither in the log nor in what the kernel shows of a process,
    while a session is on and after it"""
    right, wrong = (s.decode() for s in SECRETS)
    office = make_office(users={'wren': right})
    pop = office.pop3('wren')
    for password in wrong, wrong + ' ':
        with pytest.raises(poplib.error_proto):
            office.pop3('wren', password)
    with greeted(office, 'pop3s', tls=True) as s:
        ask(s, b'AUTH PLAIN ' + base64.b64encode(
            b'\0wren\0' + SECRETS[1]), ok=b'-ERR')
        ask(s, b'PASS ' + SECRETS[1], ok=b'-ERR')
        ask(s, SECRETS[1], ok=b'-ERR')      # typed at the wrong moment
    for pid in [office.pid, *office.children()]:
        for name, text in places(pid):
            assert not any(x in text for x in SECRETS), (pid, name)
    pop.quit()
    office.wait_log('event=session', 'user=wren')
    for secret in SECRETS:
        assert not office.log_lines(secret.decode())
        assert not office.log_lines(base64.b64encode(secret).decode()[:12])


def memory_of(pid):
    """Its writable memory that was ever touched, piece by piece"""
    with open(f'/proc/{pid}/smaps', encoding='ascii') as f:
        regions = re.findall(r'^(\w+)-(\w+) rw(?:.*\n)(?:[A-Z].*\n)*?'
                             r'Rss: +[1-9]', f.read(), re.M)
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as mem:
        for first, last in regions:
            first, last = int(first, 16), int(last, 16)
            if last - first > 1 << 30:
                continue        # a sanitizer's own
            with contextlib.suppress(OSError, ValueError, OverflowError):
                mem.seek(first)
                left, tail = last - first, b''
                while left:
                    got = mem.read(min(left, MIB))
                    if not got:
                        break
                    yield tail + got
                    left, tail = left - len(got), got[-64:]


def found_in(pid, texts):
    found = set()
    for piece in memory_of(pid):
        found.update(t for t in texts if t in piece)
    return found


@pytest.mark.skipif(not AS_ROOT, reason='needs root: reads memory')
def test_secrets_are_wiped(make_office):
    """S49, S51: when the sessions are over, no password is left in the
    memory of any process: right, wrong, whole, in base64, half a line"""
    right, wrong = (s.decode() for s in SECRETS)
    typed = b'Lw3-typed-and-dropped-Lw3'
    office = make_office(users={'wren': right}, listeners=CLEAR)
    plain = base64.b64encode(b'\0wren\0' + SECRETS[0])
    for how in 'implicit', 'start', 'clear':
        office.pop3('wren', how=how).quit()
        with pytest.raises(poplib.error_proto):
            office.pop3('wren', wrong, how=how)
    for listener in 'clear', 'pop3s':
        for said in (b'AUTH PLAIN ' + plain,), (b'AUTH PLAIN', plain):
            s = eventually('wren is free', lambda x=listener, y=said:
                           auth(office, x, y))
            ask(s, b'QUIT')
            s.close()
        s = greeted(office, listener, tls=listener == 'pop3s')
        ask(s, b'USER wren')
        s.sendall(b'PASS ' + typed)
        # an answer to somebody else: what was sent before has been read
        greeted(office, listener, tls=listener == 'pop3s').close()
        reset(s)
    eventually('all sessions have ended', lambda: len(
        office.log_lines('event=session')) >= 14)
    hidden = [*SECRETS, plain[4:-4], typed]
    for role in ROLES:
        pid = office.child(role)
        assert not found_in(pid, hidden), role
        # and this is no blind eye
        assert found_in(pid, [b'pop.example.org'])


def auth(office, listener, said):
    s = greeted(office, listener, tls=listener == 'pop3s')
    for text in said:
        s.sendall(text + b'\r\n')
        got = line(s)
    if got.startswith(b'+OK'):
        return s
    assert b'[IN-USE]' in got
    s.close()
    return None


def test_log_lines_cannot_be_written(make_office):
    """S49: line ends, escapes and other octets of a name come escaped; a
    peer's words make no second line and no field"""
    office = make_office(listeners=CLEAR)
    names = [b'a\r\nevent=session user=wren end=quit', b'a\x1b]52;c;x\x07',
             b'a" event="session', b'\xe2\x80\xaea', b'a\x9b2J', b'a\\nb']
    with greeted(office, 'clear') as s:
        for name in names[:4]:
            ask(s, b'AUTH PLAIN ' + base64.b64encode(
                b'\0' + name + b'\0x'), ok=b'-ERR')
        ask(s, b'QUIT')
    with office.lmtp() as client:
        client.ehlo('x')
        for name in 'a b', r'a\\b', r'x\" event=\"delivery':
            assert client.docmd('MAIL', f'FROM:<"{name}"@example.net>')[
                0] == 250
            assert client.docmd('RCPT', 'TO:<wren@example.org>')[0] == 250
            assert client.data(b'Subject: x\r\n\r\nx\r\n')[0] == 250
    office.wait_log('event=session')
    for text in office.log.lines:
        assert re.fullmatch(r'[\x20-\x7e]*', text), text
        bare = re.sub(r'"(\\.|[^"\\])*"', '""', text)
        assert bare.count('event=') == 1, text
        assert 'user=wren' not in bare, text


@pytest.mark.skipif(not AS_ROOT, reason='needs root: identities')
def test_processes_of_ours_cannot_be_traced():
    """S51: not by another process of the same user; no core is written"""
    # a sanitizer must be able to look into itself: see sys/drop.c
    binary = BUILD / 'src' / 'server' / 'restanted'
    if b'__asan_init' in binary.read_bytes():
        binary = ROOT / 'build' / 'release' / 'src' / 'server' / 'restanted'
        if not binary.exists():
            pytest.skip('a build with sanitizers may be traced')
    ids = {'front': FRONT_ID, 'auth': AUTH_ID, 'store': STORE_ID}
    code = ('import ctypes, sys\n'
            'libc = ctypes.CDLL(None, use_errno=True)\n'
            'r = libc.ptrace(0x4206, int(sys.argv[1]), 0, 0)\n'
            'sys.exit(ctypes.get_errno() if r < 0 else 0)\n')
    with Office(binary=binary) as office:
        for role in ROLES:
            pid = office.child(role)
            # the kernel gives what belongs to such a process to root
            assert os.stat(f'/proc/{pid}/status').st_uid == 0
            with open(f'/proc/{pid}/limits', encoding='ascii') as f:
                assert re.search(r'Max core file size\s+0\s+0 ', f.read())
            done = subprocess.run(
                ['/usr/bin/python3', '-c', code, str(pid)], user=ids[role],
                group=ids[role], extra_groups=[], cwd='/', check=False)
            assert done.returncode == 1, 'PTRACE_SEIZE was not refused'


# ---- a front that was taken over -------------------------------------------

WORDS = [b'', b'wren', b'finch', b'secret', b'../finch', b'finch\0', b'PLAIN',
         b'\0wren\0secret', b'\0finch\0secret', b'example.org', b'wren\tx=1',
         b'finch@example.org', b'\xff' * 300, b'x' * 3000, bytes(16)]
NUMBERS = [0, 0, 1, 2, 7, 1 << 31, (1 << 32) - 1]


class Attacker:
    """A front that keeps the order of things, mostly, and puts anything
    into the fields"""

    def __init__(self, r, socks):
        self.r, self.socks = r, socks
        self.last = 1 << 30
        self.opened, self.named, self.begun = [], [], []
        self.kinds = {n: name for name, n in KIND.items()}
        self.heard = set()

    def send(self, to, kind, ident, *fields):
        getattr(self.socks, to).send(frame(kind, ident, b''.join(fields)))

    def hear(self):
        """What the others answered; descriptors are closed by Python"""
        for sock in self.socks.auth, self.socks.store:
            with contextlib.suppress(BlockingIOError):
                while True:
                    got, fds, _, _ = socket.recv_fds(sock, 1 << 16, 16)
                    for fd in fds:
                        os.close(fd)
                    if not got:
                        raise ConnectionError
                    self.note(got)

    def note(self, got):
        kind, ident = self.kinds[got[0]], struct.unpack('<I', got[4:8])[0]
        good = len(got) > 8 and got[8] == 0
        self.heard.add((kind, good))
        if kind == 'IPC_STORE_OPENED' and good:
            self.opened.append(ident)
        if kind == 'IPC_STORE_BEGIN_R' and good:
            self.begun.append(ident)

    def new(self):
        self.last += 1
        return self.last

    def word(self):
        return octets(self.r.choice(WORDS))

    def login(self):
        r, peer = self.r, octets(bytes(10) + b'\xff\xff' +
                                 self.r.randbytes(4)) + b'\1'
        how = r.randrange(5)
        if how == 0:
            self.send('auth', 'IPC_AUTH_PASS', self.new(), peer,
                      octets(b'wren'), octets(b'secret'))
        elif how == 1:
            self.send('auth', 'IPC_AUTH_PASS', self.new(), peer, self.word(),
                      self.word())
        elif how == 2:
            self.send('auth', 'IPC_AUTH_APOP', self.new(), peer, self.word(),
                      self.word(), self.word())
        elif how == 3:
            self.send('auth', 'IPC_AUTH_SASL', self.new(), peer,
                      r.choice([octets(b'PLAIN'), self.word()]),
                      bytes([r.choice([0, 1, 255])]), self.word())
        else:
            self.send('auth', 'IPC_AUTH_CANCEL', r.randrange(self.last + 9))

    def recipient(self):
        self.named.append(self.new())
        self.send('auth', 'IPC_AUTH_RCPT', self.last, u32(0),
                  self.r.choice([octets(b'wren'), self.word()]),
                  self.r.choice([octets(b'example.org'), self.word()]))

    def deliver(self):
        r = self.r
        if self.begun and r.random() < .5:
            numbers = [struct.pack('<Q', r.choice(NUMBERS + [1 << 63]))
                       for _ in range(3)]
            self.send('store', 'IPC_STORE_DELIVER', self.begun.pop(),
                      b'\1', *numbers[:2], u32(1), self.word(), numbers[2])
        elif self.named and r.random() < .8:
            self.send('store', 'IPC_STORE_BEGIN', self.named.pop(), u32(1))
        elif self.named:
            self.send('store', 'IPC_STORE_ABORT', self.named.pop())

    def read(self):
        r = self.r
        if not self.opened:
            return
        ident, how = r.choice(self.opened), r.random()
        if how < .8:
            self.send('store', 'IPC_STORE_BODY', ident,
                      u32(r.choice(NUMBERS)), u32(r.choice(NUMBERS)))
            return
        self.opened.remove(ident)
        if how < .9:
            self.send('store', 'IPC_STORE_CLOSE', ident)
        else:
            self.send('store', 'IPC_STORE_COMMIT', ident,
                      octets(bytes([r.choice([0, 2, 254])])))

    def nonsense(self):
        r = self.r
        kind = r.choice([k for k in KIND if k != 'IPC_KINDS'])
        text = frame(kind, r.choice([0, 1, self.last]), b''.join(
            r.choice([self.word(), u32(r.choice(NUMBERS)), b'\1'])
            for _ in range(r.randrange(5))))
        r.choice([self.socks.auth, self.socks.store]).send(r.choice(
            [text, text[:r.randrange(1, len(text))],
             r.randbytes(r.randrange(1, 100)), bytes([200]) + text[1:]]))

    def run(self):
        for n in range(200):
            step = self.r.choice([self.login, self.recipient, self.deliver,
                                  self.read, self.read])
            step() if n < 150 else self.nonsense()
            # answers make the next step possible
            select.select([self.socks.auth, self.socks.store], [], [], .002)
            self.hear()


DEEP = {('IPC_STORE_OPENED', True), ('IPC_STORE_BODY_R', True),
        ('IPC_STORE_BEGIN_R', True), ('IPC_AUTH_DENIED', False)}


def heard_by(attackers):
    return set().union(*(a.heard for a in attackers))


def test_front_that_sends_anything():
    """S52: whatever a front says to auth and store, neither ends, nobody
    else's maildrop is opened or changed, and memory stays bounded.  Frames
    are seeded; with RESTANTE_LONG there are thirty fronts, else six."""
    r = random.Random(52)
    users = {'wren': '{PLAIN}secret', 'finch': '{PLAIN}other'}
    with Office(users=users, listeners=CLEAR, server={'fronts': 16 if LONG else 4},
                limits={'sessions_per_address': 1000},
                auth={'failure_delay': '1ms',
                      'failure_delay_max': '1ms'}) as office:
        for user in users:
            office.put(user, SMALL)
        before = {role: office.child(role) for role in ('auth', 'store')}
        with bounded_pids(before.values()):
            attackers = [attack_once(office, r)
                         for _ in range(30 if LONG else 6)]
            # deep enough to mean something: some fronts die young
            while not heard_by(attackers) >= DEEP and len(attackers) < 100:
                attackers.append(attack_once(office, r))
        assert {x: office.child(x) for x in before} == before
        with office.pop3_again('finch', password='other', how='clear') as pop:
            assert pop.message(1) == WIRE
        assert heard_by(attackers) >= DEEP
        # mail for finch is what anybody may send; hers is still there
        assert SMALL in [p.read_bytes() for p in office.messages('finch')]


@contextlib.contextmanager
def bounded_pids(pids, limit=24 * MIB):
    was = {pid: status(pid, 'VmRSS') for pid in pids}
    yield
    for pid, rss in was.items():
        assert status(pid, 'VmHWM') - rss < limit


def take_any_front(office):
    for pid in office.children('front'):
        # one that has just begun has no channels yet
        with contextlib.suppress(AssertionError, OSError):
            return pid, Stolen(pid, 'control', 'store', 'auth')
    return None


def attack_once(office, r):
    front, taken = eventually('a front with its channels',
                              lambda: take_any_front(office))
    with contextlib.closing(taken) as socks:
        # it is alive, and says nothing of its own
        os.kill(front, signal.SIGSTOP)
        for sock in socks.auth, socks.store:
            sock.setblocking(False)
        attacker = Attacker(r, socks)
        with contextlib.suppress(OSError):
            attacker.run()
        # something that no front may say is the end, if nothing was yet
        socks.auth.setblocking(True)
        with contextlib.suppress(OSError):
            socks.auth.send(frame('IPC_CTL_READY', 0))
        wait_gone(front)
    return attacker


# ---- configuration ---------------------------------------------------------

@pytest.fixture
def closed():
    office = Office()
    yield office
    shutil.rmtree(office.dir)


def checked(office):
    return subprocess.run(
        [str(RESTANTED), '--config', str(office.config), '--check'],
        capture_output=True, text=True, timeout=WAIT,
        env={**os.environ, **SANITIZERS})


def openssl(*args):
    subprocess.run(['openssl', *map(str, args)], check=True,
                   capture_output=True)


def refused(office, *words):
    """--check says so, with a line; nothing starts"""
    done = checked(office)
    assert done.returncode == 1, done.stderr
    assert re.search(rf'{office.config}:\d+: ', done.stderr), done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_no_certificate(closed):
    """S53"""
    closed.certificates[0][0].unlink()
    refused(closed, 'certificate', 'No such file')


def test_no_key(closed):
    """S53"""
    closed.certificates[0][1].unlink()
    refused(closed, 'key', 'No such file')


def test_key_of_another_certificate(closed):
    """S53"""
    shutil.copy(pki().certificate('other')[1], closed.certificates[0][1])
    refused(closed, 'does not belong')


def test_weak_key(closed):
    """S53"""
    cert, key = closed.certificates[0]
    openssl('req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-days', 9,
            '-subj', '/CN=localhost', '-keyout', key, '-out', cert)
    refused(closed, 'key is too small')


def test_expired_certificate(closed):
    """S53: said, but no reason to refuse mail to those who do not care"""
    cert, key = closed.certificates[0]
    expire(cert, key)
    done = checked(closed)
    assert done.returncode == 0
    assert 'warning: ' in done.stderr and 'expired' in done.stderr


def expire(cert, key):
    csr, ext = cert.with_suffix('.csr'), cert.parent / 'index.txt'
    openssl('req', '-new', '-key', key, '-subj', '/CN=localhost', '-out', csr)
    conf = cert.with_suffix('.cnf')
    ext.write_text('')
    conf.write_text(f'[ca]\ndefault_ca=d\n[d]\ndatabase={ext}\npolicy=p\n'
                    f'new_certs_dir={cert.parent}\nserial={cert}.srl\n'
                    'default_md=sha256\n[p]\ncommonName=supplied\n')
    openssl('ca', '-batch', '-selfsign', '-config', conf, '-keyfile', key,
            '-in', csr, '-out', cert, '-startdate', '20200101000000Z',
            '-enddate', '20210101000000Z', '-create_serial', '-notext')


def test_key_that_everybody_reads(closed):
    """S53"""
    closed.certificates[0][1].chmod(0o644)
    refused(closed, 'key', 'chmod')


# ---- sizes -----------------------------------------------------------------

def sparse(office, name, size):
    """A file that holds nothing but NULs behind its header"""
    path = office.maildir() / 'new' / name
    with open(path, 'wb') as f:
        f.write(SMALL)
        f.truncate(size)
    own(path)
    return path


def test_more_than_32_bits(make_office):
    """S54: three messages of 2 GiB and one of 5 GiB: STAT, LIST and the
    beginning of RETR are right.  (Their names say the sizes: measuring
    eleven gigabytes takes its time.)"""
    office = make_office()
    sizes = [2 << 30, (2 << 30) - 1, 2 << 30, 5 << 30]
    wires = []
    for n, size in enumerate(sizes):
        # LFs become CRLF, and a line end comes behind the NULs
        wires.append(size + SMALL.count(b'\n') + 2)
        sparse(office, f'{n}.a,S={size},W={wires[-1]}', size)
    with office.pop3('wren') as pop:
        assert pop.stat() == (4, sum(wires))
        assert pop.list()[1] == [b'%d %d' % (n + 1, w)
                                 for n, w in enumerate(wires)]
        pop.sock.sendall(b'RETR 4\r\n')
        head = pop.file.readline()
        assert head == b'+OK %d octets\r\n' % wires[3]
        assert pop.file.read(len(WIRE)) == WIRE
        pop.close()


@pytest.mark.parametrize('size', [300 * MIB if LONG else 40 * MIB])
def test_one_long_line(make_office, size):
    """S40: a line of 100 MB and more, of NULs: announced, sent, ended; in
    bounded memory.  300 MB with RESTANTE_LONG."""
    office = make_office(listeners=CLEAR)
    path = sparse(office, '1.a', size)
    with open(path, 'r+b') as f:
        f.seek(size - 1)
        f.write(b'\r')      # and it ends with a CR
    with bounded(office):
        with office.connect('clear') as s:
            line(s)
            ask(s, b'USER wren')
            ask(s, b'PASS secret')
            wire = int(ask(s, b'LIST 1').split()[2])
            s.sendall(b'RETR 1\r\n')
            assert line(s) == b'+OK %d octets\r\n' % wire
            got, tail = 0, b''
            while not tail.endswith(b'\r\n.\r\n'):
                piece = s.recv(MIB)
                assert piece
                got += len(piece)
                tail = (tail + piece)[-10:]
            assert got == wire + 3
            assert tail == b'\0\0\0\0\r'[-4:] + b'\r\n.\r\n' or \
                tail.endswith(b'\r\r\n.\r\n')
            ask(s, b'NOOP')
            ask(s, b'QUIT')


def test_many_messages(make_office):
    """S54: with RESTANTE_LONG 100,000 files, else 1,000"""
    count = 100000 if LONG else 1000
    office = make_office(users={'wren': 'secret'})
    box = office.maildir() / 'new'
    for n in range(count):
        path = box / f'{n}.M1.h,S={len(SMALL)},W={len(WIRE)}'
        path.write_bytes(SMALL)
        own(path)
    with office.pop3('wren') as pop:
        assert pop.stat() == (count, count * len(WIRE))
        assert len(pop.list()[1]) == count
        assert len(set(ids_of(pop))) == count
        assert pop.message(count) == WIRE
        pop.dele(count)
    assert len(os.listdir(box)) == count - 1
