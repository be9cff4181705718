# SPDX-License-Identifier: ISC
"""Hostile peers: whatever one of them does, memory stays bounded, the others
are served, nothing is lost and nothing is removed without QUIT."""
import contextlib
import itertools
import os
import re
import select
import smtplib
import socket
import ssl
import struct
import subprocess
import time

import pytest

from office import AS_ROOT, SANITIZERS, WAIT, Office

MIB = 1 << 20
GROWTH = 24 * MIB       # what a process may take for one misbehaving peer
# freed memory must not count: the sanitizer would keep 256 MiB of it
ENV = {'ASAN_OPTIONS': SANITIZERS['ASAN_OPTIONS'] + ':quarantine_size_mb=1'}
BIG = b'Subject: big\n\n' + b''.join(
    b'%07d ' % n + b'x' * 62 + b'\n' for n in range(24 * MIB // 71))
SMALL = b'Subject: small\n\n.\n..\nhello\n'
serial = itertools.count(1)


@pytest.fixture(scope='module')
def office():
    users = {'wren': 'secret', 'finch': '{PLAIN}secret'}
    users.update({f'slow{n}': '{PLAIN}secret' for n in range(6)})
    with Office(users=users, env=ENV, listeners={
            'clear': {'protocol': 'pop3', 'tls': 'start',
                      'clear_login': 'yes'}}) as it:
        for _ in range(3):
            it.put('wren', SMALL)
        it.put('finch', SMALL)
        it.put('slow0', BIG)
        for n in range(1, 6):
            box = it.maildir(f'slow{n}') / 'new'
            os.link(it.messages('slow0')[0], box / '1700000000.1.test')
        yield it


# ---- what must hold after each attack --------------------------------------

def served(office):
    """Another client works: mail comes in, is fetched and removed"""
    token = b'token %d' % next(serial)
    octets = b'Subject: x\r\n\r\n.\r\n' + token + b'\r\n'
    assert office.deliver(octets, 'finch@example.org') == {}
    with office.pop3('finch', 'secret') as pop:
        assert pop.message(1) == SMALL.replace(b'\n', b'\r\n')
        count = pop.stat()[0]
        assert pop.message(count).endswith(octets)
        pop.dele(count)
    assert len(office.messages('finch')) == 1
    assert office.leftovers('finch') == []


def eventually(what, condition):
    """Awaits something that the daemon does on its own account"""
    end = time.monotonic() + WAIT
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f'not within {WAIT} s: {what}'
        time.sleep(0.02)


def unlocked(office, user='wren'):
    """A dropped session gives its maildrop back; a session that has it"""
    def login():
        try:
            return office.pop3(user, 'secret')
        except Exception as e:      # poplib.error_proto: still locked
            assert b'[IN-USE]' in e.args[0], e
            return None
    return eventually(f'{user} can log in again', login)


def untouched(office, count=3):
    """wren has her messages, none is half delivered, none is left over"""
    eventually('no file in tmp', lambda: not office.leftovers('wren'))
    with unlocked(office) as pop:
        assert pop.stat()[0] == count
        for n in range(1, count + 1):
            assert pop.message(n) == SMALL.replace(b'\n', b'\r\n')
    assert len(office.messages('wren')) == count


def status(pid, field):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return int(re.search(rf'^{field}:\s*(\d+) kB', f.read(),
                             re.M).group(1)) << 10


@contextlib.contextmanager
def bounded(office, limit=GROWTH):
    """No process of the daemon grows by more than that, even for a moment,
    and none of them ends"""
    before = {}
    for pid in office.children():
        with contextlib.suppress(OSError):      # start the peak anew
            with open(f'/proc/{pid}/clear_refs', 'w', encoding='ascii') as f:
                f.write('5')
        before[pid] = status(pid, 'VmRSS')
    yield
    assert office.children() == list(before)
    for pid, was in before.items():
        grown = status(pid, 'VmHWM') - was
        assert grown < limit, f'process {pid} grew by {grown >> 10} KiB'


def greeted(office, listener, **more):
    s = office.connect(listener, **more)
    line(s)
    return s


def line(s):
    """One line of a reply; '' at the end of the connection"""
    got = b''
    while not got.endswith(b'\n'):
        octet = s.recv(1)
        if not octet:
            break
        got += octet
    return got


def ask(s, command, ok=(b'+OK', b'2', b'3', b'+ ')):
    s.sendall(command + b'\r\n')
    got = line(s)
    while re.match(rb'\d\d\d-', got):
        got = line(s)
    assert got.startswith(ok), (command, got)
    return got


def logged_in(office, user='wren', listener='clear', **more):
    s = greeted(office, listener, **more)
    ask(s, b'USER ' + user.encode())
    ask(s, b'PASS secret')
    return s


def reset(s):
    """The end by RST"""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack('ii', 1, 0))
    s.close()


# ---- slowness --------------------------------------------------------------

@pytest.mark.parametrize('where', ['before login', 'after login', 'smtp'])
def test_one_octet_now_and_then(where):
    """S32: Octets without a command do not keep a connection open"""
    with Office(env=ENV, limits={
            'unsafe_limits': 'yes', 'login_timeout': '1s',
            'idle_timeout': '1s', 'smtp_timeout': '1s'},
            users={'wren': 'secret', 'finch': '{PLAIN}secret'},
            listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                 'clear_login': 'yes'}}) as office:
        office.put('finch', SMALL)
        s = {'before login': lambda: greeted(office, 'pop3'),
             'after login': lambda: logged_in(office),
             'smtp': lambda: greeted(office, 'smtp')}[where]()
        begin = time.monotonic()
        octets = itertools.chain(b'NOOP ', itertools.repeat(ord('x')))
        with bounded(office):
            while not select.select([s], [], [], 0.2)[0]:
                assert time.monotonic() < begin + WAIT, 'still open'
                with contextlib.suppress(OSError):
                    s.sendall(bytes([next(octets)]))
            served(office)
        assert time.monotonic() - begin > 0.5
        s.close()


@pytest.mark.parametrize('tls', [False, True])
def test_slow_readers_of_big_messages(office, tls):
    """S32: Six ask for 24 MiB each and do not read: the server waits with them,
    not with 144 MiB in memory; what they read in the end is right"""
    with bounded(office):
        peers = []
        for n in range(6):
            s = logged_in(office, f'slow{n}', 'pop3s' if tls else 'clear',
                          tls=tls)
            s.sendall(b'RETR 1\r\n')
            peers.append(s)
        served(office)
        want = BIG.replace(b'\n', b'\r\n') + b'.\r\n'
        with peers[0] as s:
            first = line(s)
            assert first.startswith(b'+OK'), first
            got = bytearray()
            while len(got) < len(want):
                more = s.recv(MIB)
                assert more, f'the end after {len(got)} octets'
                got += more
            assert got == want
            ask(s, b'QUIT')
        for s in peers[1:]:
            reset(s)
        served(office)
    for n in range(6):
        assert len(office.messages(f'slow{n}')) == 1


# ---- size ------------------------------------------------------------------

GIB = 1 << 30


def pour(s, total, chunk=b'x' * MIB):
    """Sends without end; how much was taken before the other end closed"""
    sent = 0
    try:
        while sent < total:
            s.sendall(chunk)
            sent += len(chunk)
    except (ConnectionError, ssl.SSLError):
        pass
    return sent


@pytest.mark.parametrize('where', ['pop3', 'pop3 logged in', 'pop3s',
                                   'smtp', 'lmtp'])
def test_a_line_of_one_gibibyte(office, where):
    """S12: refused, and it costs no memory"""
    with bounded(office):
        s = (logged_in(office) if where == 'pop3 logged in' else
             greeted(office, where, tls=where == 'pop3s'))
        if pour(s, GIB) == GIB:
            # it was patient: then it must still know where it is
            with contextlib.suppress(ConnectionError):
                s.sendall(b'\r\n')
                got = line(s)
                assert got == b'' or got[:1] in b'-5', got
        s.close()
        served(office)
    untouched(office)


@pytest.mark.parametrize('way', ['DATA', 'BDAT'])
def test_a_message_of_one_gibibyte_in_one_line(office, way):
    """D04: message_size is 50 MiB: 552, nothing stored, nothing left over"""
    with bounded(office):
        s = greeted(office, 'lmtp')
        ask(s, b'LHLO x')
        ask(s, b'MAIL FROM:<a@example.net>')
        ask(s, b'RCPT TO:<wren@example.org>')
        if way == 'DATA':
            ask(s, b'DATA')
        else:
            s.sendall(b'BDAT %d LAST\r\n' % GIB)
        if pour(s, GIB) == GIB:
            if way == 'DATA':
                s.sendall(b'\r\n.\r\n')
            got = line(s)
            assert got == b'' or got.startswith(b'552'), got
        s.close()
        served(office)
    untouched(office)


# ---- haste -----------------------------------------------------------------

def flood(s, command, times):
    """Sends and never reads, until the server stops taking; what is left"""
    left = memoryview(command * times)
    s.setblocking(False)
    while left:
        if not select.select([], [s], [], 1)[1]:
            break               # the server waits for us: as it should
        with contextlib.suppress(BlockingIOError):
            left = left[s.send(left[:MIB]):]
    return left


def drain(s, left, enough):
    """Sends the rest and reads until enough(octets); all that came"""
    got = bytearray()
    end = time.monotonic() + 4 * WAIT
    while not enough(got):
        r, w, _ = select.select([s], [s] if left else [], [],
                                max(0, end - time.monotonic()))
        assert r or w, f'nothing more after {len(got)} octets'
        if r:
            more = s.recv(MIB)
            if not more:
                break
            got += more
        if w:
            with contextlib.suppress(BlockingIOError):
                left = left[s.send(left[:MIB]):]
    return bytes(got)


HASTE = {
    # name: (where, command, what ends an answer, how many)
    'CAPA': ('clear', b'CAPA\r\n', rb'(?m)^\.\r\n', 100_000),
    'LIST': ('logged in', b'LIST\r\n', rb'(?m)^\.\r\n', 100_000),
    'NOOP': ('logged in', b'NOOP\r\n', rb'(?m)^\+OK', 100_000),
    'UIDL 1': ('logged in', b'UIDL 1\r\n', rb'(?m)^\+OK', 100_000),
    'RETR 1': ('logged in', b'RETR 1\r\n', rb'(?m)^\.\r\n', 10_000),
    'SMTP NOOP': ('smtp', b'NOOP\r\n', rb'(?m)^250 ', 100_000),
}


@pytest.mark.parametrize('what', HASTE)
def test_hundred_thousand_commands_unread(office, what):
    """S38: The server stops reading when nobody reads it; when at last somebody
    does, all 100,000 answers are there"""
    listener, command, answer, times = HASTE[what]
    with bounded(office):
        s = (logged_in(office) if listener == 'logged in'
             else greeted(office, listener))
        left = flood(s, command, times)
        served(office)
        end = re.compile(answer)
        # counting each time would be quadratic
        count = {'at': 0, 'n': 0}

        def enough(got):
            cut = got.rfind(b'\n') + 1
            if cut > count['at']:
                count['n'] += len(end.findall(bytes(
                    got[count['at']:cut])))
                count['at'] = cut
            return count['n'] >= times
        drain(s, left, enough)
        assert count['n'] == times
        s.close()
        served(office)
    untouched(office)


def test_a_big_message_asked_for_a_thousand_times(office):
    """24 GiB of answers to 8 kB of questions, nobody reads"""
    with bounded(office):
        s = logged_in(office, 'slow0')
        flood(s, b'RETR 1\r\n', 1000)
        served(office)
        reset(s)
        with unlocked(office, 'slow0') as pop:
            assert pop.stat()[0] == 1


# ---- commands behind STLS and STARTTLS -------------------------------------

def test_commands_behind_stls(office):
    """S01, S02: what came before the handshake is not obeyed after it
    (CVE-2011-0411 and its many children)"""
    s = greeted(office, 'pop3')
    s.sendall(b'STLS\r\nUSER wren\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n')
    got = line(s)
    if got.startswith(b'+OK'):
        try:
            t = office.ssl_context().wrap_socket(
                s, server_hostname='localhost')
            t.sendall(b'CAPA\r\n')
            got = line(t)
            if got:
                assert got.startswith(b'+OK')
                while line(t) != b'.\r\n':
                    pass
                ask(t, b'STAT', ok=b'-ERR')     # nobody is logged in
                ask(t, b'QUIT')
        except (ConnectionError, ssl.SSLError):
            pass                                # refused: as good
    else:
        assert got == b'' or got.startswith(b'-ERR'), got
    s.close()
    served(office)
    untouched(office)


def test_commands_behind_starttls(office):
    """D03: the same for mail"""
    s = greeted(office, 'smtp')
    ask(s, b'EHLO x')
    s.sendall(b'STARTTLS\r\nEHLO y\r\nMAIL FROM:<a@example.net>\r\n'
              b'RCPT TO:<wren@example.org>\r\nDATA\r\n')
    got = line(s)
    if got.startswith(b'220'):
        try:
            t = office.ssl_context().wrap_socket(
                s, server_hostname='localhost')
            t.sendall(b'NOOP\r\n')
            got = line(t)
            if got:
                assert got.startswith(b'250')
                ask(t, b'MAIL FROM:<a@example.net>', ok=b'503')
                ask(t, b'DATA', ok=b'503')
                ask(t, b'QUIT')
        except (ConnectionError, ssl.SSLError):
            pass
    else:
        assert got == b'' or got[:1] in b'45', got
    s.close()
    served(office)
    untouched(office)


# ---- dropped connections ---------------------------------------------------

def pop_states(office):
    """name: what brings a POP3 connection there; returns the socket"""
    def steps(*commands, user=None, raw=b''):
        def go():
            s = logged_in(office, user) if user else greeted(office, 'clear')
            for c in commands:
                ask(s, c)
            if raw:
                s.sendall(raw)
            return s
        return go
    return {
        'no word': lambda: office.connect('clear'),
        'greeting': steps(),
        'half a command': steps(raw=b'CAP'),
        'USER': steps(b'USER wren'),
        'half a PASS': steps(b'USER wren', raw=b'PASS sec'),
        'PASS unanswered': steps(b'USER wren', raw=b'PASS secret\r\n'),
        'wrong PASS unanswered': steps(b'USER wren', raw=b'PASS no\r\n'),
        'AUTH': steps(b'AUTH PLAIN'),
        'half an AUTH': steps(b'AUTH PLAIN', raw=b'AHdyZW4A'),
        'STLS': steps(b'STLS'),
        'half a ClientHello': steps(b'STLS', raw=b'\x16\x03\x01\x02\x00\x01'),
        'logged in': steps(user='wren'),
        'DELE': steps(b'DELE 1', b'DELE 2', user='wren'),
        'LIST unread': steps(b'DELE 1', raw=b'LIST\r\n', user='wren'),
        'DELE and half a QUIT': steps(b'DELE 1', raw=b'QUI', user='wren'),
        'a QUIT without its end': steps(b'DELE 1', raw=b'QUIT',
                                        user='wren'),
        'in RETR': steps(raw=b'RETR 1\r\n', user='slow0'),
    }


POP_STATES = list(pop_states(None))


@pytest.mark.parametrize('end', ['fin', 'rst'])
@pytest.mark.parametrize('state', POP_STATES)
def test_pop3_dropped(office, state, end):
    """S36, P4: wherever it ends, nothing is removed"""
    s = pop_states(office)[state]()
    if state == 'in RETR':
        assert s.recv(1000)
    s.close() if end == 'fin' else reset(s)
    untouched(office)
    with unlocked(office, 'slow0') as pop:
        assert pop.stat()[0] == 1
    served(office)


def mail_states():
    begin = [b'MAIL FROM:<a@example.net>', b'RCPT TO:<wren@example.org>']
    return {
        'LHLO': ([], b''),
        'MAIL': (begin[:1], b''),
        'RCPT': (begin, b''),
        'DATA': (begin + [b'DATA'], b''),
        'in DATA': (begin + [b'DATA'], b'Subject: x\r\n\r\nhalf a li'),
        'in big DATA': (begin + [b'DATA'],
                        BIG[:9 * MIB].replace(b'\n', b'\r\n')),
        'before the dot': (begin + [b'DATA'], b'Subject: x\r\n\r\nx\r\n'),
        'half the dot': (begin + [b'DATA'], b'Subject: x\r\n\r\nx\r\n.\r'),
        'in BDAT': (begin, b'BDAT 1000\r\nSubject: x\r\n'),
        'after BDAT': (begin + [b'BDAT 14\r\nSubject: x\r\n'], b''),
        'in BDAT LAST': (begin, b'BDAT 1000 LAST\r\nSubject: x\r\n'),
    }


@pytest.mark.parametrize('end', ['fin', 'rst'])
@pytest.mark.parametrize('listener', ['lmtp', 'smtp'])
@pytest.mark.parametrize('state', list(mail_states()))
def test_delivery_dropped(office, state, listener, end):
    """D06: No 250, no message: not half of one either"""
    commands, raw = mail_states()[state]
    s = greeted(office, listener)
    ask(s, b'LHLO x' if listener == 'lmtp' else b'EHLO x')
    for command in commands:
        ask(s, command)
    s.sendall(raw)
    s.close() if end == 'fin' else reset(s)
    untouched(office)
    served(office)


@pytest.mark.parametrize('listener', ['lmtp', 'smtp'])
def test_dropped_before_the_last_reply_is_read(office, listener):
    """D06: Here the message may be there or not, but only whole, and once"""
    for n in range(10):
        token = b'unread %d' % next(serial)
        s = greeted(office, listener)
        ask(s, b'LHLO x' if listener == 'lmtp' else b'EHLO x')
        ask(s, b'MAIL FROM:<a@example.net>')
        ask(s, b'RCPT TO:<slow1@example.org>')
        ask(s, b'DATA')
        s.sendall(b'Subject: x\r\n\r\n' + token + b'\r\n.\r\n')
        reset(s) if n % 2 else s.close()
    eventually('no file in tmp', lambda: not office.leftovers('slow1'))
    small = [p.read_bytes() for p in office.messages('slow1')
             if p.stat().st_size < MIB]
    for octets in small:
        assert re.search(rb'\n\nunread \d+\n\Z', octets), octets
    tokens = [octets.split()[-1] for octets in small]
    assert len(tokens) == len(set(tokens))
    served(office)


# ---- TLS -------------------------------------------------------------------

GARBAGE = {
    'noise': bytes((n * 167 + 13) & 255 for n in range(4000)),
    'HTTP': b'GET / HTTP/1.0\r\n\r\n',
    'POP3': b'CAPA\r\n' * 100,
    'SSL 2': b'\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10' + b'\1' * 40,
    'alert': b'\x15\x03\x01\x00\x02\x02\x28',
    'long record': b'\x16\x03\x01\xff\xff' + b'\1' * 70000,
    'half a hello': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'nothing': b'',
}


@pytest.mark.parametrize('what', GARBAGE)
def test_garbage_for_a_handshake(office, what):
    """S07: it costs the others nothing"""
    with bounded(office):
        peers = []
        for n in range(40):
            s = office.connect('pop3s')
            with contextlib.suppress(ConnectionError):
                s.sendall(GARBAGE[what])
            if n % 2:
                peers.append(s)         # half of them stay
            else:
                s.close()
        served(office)
        for s in peers:
            reset(s)
        served(office)


def test_tls_cut_without_close_notify(office):
    """S36: A DELE without QUIT over a cut TLS connection removes nothing"""
    s = logged_in(office, listener='pop3s', tls=True)
    ask(s, b'DELE 1')
    reset(s)
    untouched(office)
    served(office)


# ---- descriptors -----------------------------------------------------------

def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def set_limit(pid, soft, hard):
    """As the user that the process runs as: root may lack the capability"""
    ids = {}
    if AS_ROOT:
        with open(f'/proc/{pid}/status', encoding='ascii') as f:
            uid, gid = re.search(r'^Uid:\s(\d+).*?^Gid:\s(\d+)', f.read(),
                                 re.M | re.S).groups()
        ids = {'user': int(uid), 'group': int(gid), 'extra_groups': []}
    subprocess.run(['prlimit', f'--pid={pid}', f'--nofile={soft}:{hard}'],
                   check=True, cwd='/', **ids)


@contextlib.contextmanager
def few_descriptors(pid, more):
    """The process may open only so many more"""
    with open(f'/proc/{pid}/limits', encoding='ascii') as f:
        soft, hard = re.search(r'^Max open files\s+(\d+)\s+(\d+)', f.read(),
                               re.M).groups()
    set_limit(pid, descriptors(pid) + more, hard)
    try:
        yield
    finally:
        set_limit(pid, soft, hard)


def test_front_without_descriptors(office):
    """S34: 60 connections where 10 have room: who is in is served, the front
    does not spin, and afterwards everybody is served again"""
    s = logged_in(office)
    front = office.child('front')
    with few_descriptors(front, 10):
        peers = [office.connect('clear') for _ in range(60)]
        assert ask(s, b'STAT').startswith(b'+OK 3 ')
        before = cpu_seconds(front)
        # nothing to await here: idleness itself is looked at
        select.select([], [], [], 1)
        assert cpu_seconds(front) - before < 0.5, 'the front spins'
        assert ask(s, b'NOOP')
        for p in peers:
            p.close()
    ask(s, b'QUIT')
    assert office.child('front') == front
    served(office)
    untouched(office)


def test_store_without_descriptors(office):
    """S34: No maildrop can be opened and nothing stored: temporary errors, then
    all is well again"""
    store = office.child('store')
    with few_descriptors(store, 0):
        with contextlib.suppress(EOFError, OSError):
            try:
                pop = office.pop3('wren', 'secret')
                pop.close()
            except Exception as e:
                assert b'[SYS/TEMP]' in e.args[0], e
        with contextlib.suppress(smtplib.SMTPServerDisconnected):
            try:
                refused = office.deliver(b'Subject: x\r\n\r\nx\r\n')
                assert all(code // 100 == 4 for code, _ in
                           refused.values())
            except (smtplib.SMTPRecipientsRefused,
                    smtplib.SMTPDataError) as e:
                codes = ([e.smtp_code] if hasattr(e, 'smtp_code') else
                         [code for code, _ in e.recipients.values()])
                assert all(code // 100 == 4 for code in codes), codes
    assert office.child('store') == store
    served(office)
    count = len(office.messages('wren'))
    untouched(office, count)
    assert count == 3
