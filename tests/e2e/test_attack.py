# SPDX-License-Identifier: ISC
"""Attacks from within: a front that was taken over, a process that dies at
the worst moment, descriptors that run out.  Nobody else's mail is reached,
and the office stays open.

A front that was taken over is played with its own sockets, which
pidfd_getfd(2) hands out; the kinds of frames are read from frame.h.
"""
import contextlib
import ctypes
import errno
import os
import poplib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest

from office import ROOT, WAIT, Office, wait_gone
from test_hostile import set_limit

SYS_PIDFD_GETFD = 438
SMALL = b'Subject: small\n\nhello\n'
# serials of the first processes, in the order of their start
STORE, AUTH, FRONT = 1, 2, 3


def kinds():
    text = (ROOT / 'src' / 'ipc' / 'frame.h').read_text()
    body = re.search(r'enum ipc_kind \{(.*?)\};', text, re.S).group(1)
    body = re.sub(r'/\*.*?\*/', '', body, flags=re.S)
    names = re.findall(r'IPC_\w+', body)
    return {name: n for n, name in enumerate(names)}


KIND = kinds()


@pytest.fixture
def office():
    with Office(users={'wren': '{PLAIN}secret', 'finch': '{PLAIN}secret',
                       'robin': 'secret'},
                listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                     'clear_login': 'yes'}}) as it:
        for user in 'wren', 'finch':
            it.put(user, SMALL)
        yield it


# ---- the sockets of a process ----------------------------------------------

def take_descriptor(pid, fd):
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        got = libc.syscall(SYS_PIDFD_GETFD, process, fd, 0)
    finally:
        os.close(process)
    if got < 0:
        if ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
            pytest.skip('pidfd_getfd is not allowed here')
        raise OSError(ctypes.get_errno(), 'pidfd_getfd')
    return got


class Stolen:
    """The channels of a process, in the order in which it got them"""

    def __init__(self, pid, *names):
        self.socks = []
        for n in sorted(map(int, os.listdir(f'/proc/{pid}/fd'))):
            if not os.readlink(f'/proc/{pid}/fd/{n}').startswith('socket:'):
                continue
            s = socket.socket(fileno=take_descriptor(pid, n))
            if s.type & 0xf == socket.SOCK_SEQPACKET:
                self.socks.append(s)
            else:
                s.close()
        assert len(self.socks) == len(names)
        for name, s in zip(names, self.socks):
            s.setblocking(True)
            setattr(self, name, s)

    def close(self):
        for s in self.socks:
            s.close()


def stolen_front(office):
    return contextlib.closing(Stolen(office.child('front'),
                                     'control', 'store', 'auth'))


def frame(kind, ident, payload=b'', flags=0):
    return struct.pack('<BBHI', KIND[kind], flags, 0, ident) + payload


def octets(data):
    return struct.pack('<I', len(data)) + data


def u32(n):
    return struct.pack('<I', n)


def password(ident, name, secret):
    return frame('IPC_AUTH_PASS', ident, octets(bytes(16)) + b'\1' +
                 octets(name) + octets(secret))


def send_blob(sock, kind, ident, payload):
    """A payload that is too large for a frame goes by a memfd"""
    fd = os.memfd_create('attack')
    try:
        os.write(fd, payload)
        socket.send_fds(sock, [frame(kind, ident, flags=1)], [fd])
    finally:
        os.close(fd)


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def others(office):
    return {role: office.child(role) for role in ('auth', 'store')}


def served(office, user='finch', listener='clear'):
    """Mail comes in and is read"""
    with office.pop3_again(user, password='secret', how=listener) as pop:
        count = pop.stat()[0]
    end = time.monotonic() + WAIT
    # a front that has just begun learns of the others a moment later
    while True:
        with contextlib.suppress(Exception):
            if office.deliver(b'Subject: served\r\n\r\nx\r\n',
                              f'{user}@example.org') == {}:
                break
        assert time.monotonic() < end, 'no mail is taken'
        time.sleep(0.05)
    with office.pop3_again(user, password='secret', how=listener) as pop:
        assert pop.stat()[0] == count + 1
        assert b'served' in pop.message(count + 1)


# ---- a front that was taken over -------------------------------------------

def test_front_sends_auth_a_large_frame(office):
    """S52: Whatever its size: what is wiped behind it is the frame alone"""
    before, front = others(office), office.child('front')
    with stolen_front(office) as own:
        payload = (octets(bytes(16)) + b'\1' + octets(b'wren') +
                   octets(b'x' * (1 << 20)))
        send_blob(own.auth, 'IPC_AUTH_PASS', 1 << 30, payload)
        served(office)
    assert others(office) == before
    assert office.child('front') == front


def test_front_steps_where_there_is_no_exchange(office):
    """S52: An answer to a challenge that was never sent ends the front"""
    before, front = others(office), office.child('front')
    with stolen_front(office) as own:
        own.auth.send(password(1 << 30, b'robin', b'wrong'))
        own.auth.send(frame('IPC_AUTH_STEP', 1 << 30, octets(b'x')))
        wait_gone(front)
    served(office)
    assert others(office) == before


def answer(sock, kind):
    """The next frame of that kind that the front would get"""
    while True:
        got = sock.recv(1 << 16)
        assert got, 'the channel has ended'
        if got[0] == KIND[kind]:
            return got


def test_front_uses_an_id_twice(office):
    """S52: The store ends a front in the midst of a frame of that front"""
    before, front = others(office), office.child('front')
    with stolen_front(office) as own:
        os.kill(front, signal.SIGSTOP)      # we are the front now
        own.auth.send(password(1 << 30, b'wren', b'secret'))
        answer(own.store, 'IPC_STORE_OPENED')
        with stopped(before['store']):
            # first a frame that makes the store look for tickets, then the
            # ticket that ends the front
            own.store.send(frame('IPC_STORE_BEGIN', 7, u32(1)))
            own.auth.send(password(1 << 30, b'wren', b'secret'))
            own.auth.send(frame('IPC_AUTH_RCPT', 5, u32(0) +
                                octets(b'nobody') + octets(b'example.org')))
            answer(own.auth, 'IPC_AUTH_RCPT_R')
        wait_gone(front)
    served(office)
    assert others(office) == before


# ---- a process dies between two frames -------------------------------------

def test_auth_dies_between_ticket_and_answer(office):
    """The client was told 451 for finch, so the mail is for wren alone"""
    # the front came later, and took the first free descriptor
    auth = Stolen(office.child('auth'), 'front', 'control', 'store')
    with contextlib.closing(auth), office.lmtp() as client:
        client.ehlo_or_helo_if_needed()
        assert client.mail('bob@example.net')[0] == 250
        # what an auth process that dies then has done: the ticket is out
        # (the front's first id), its answer is not
        auth.store.send(frame('IPC_TICKET_RCPT', 1, u32(FRONT) + u32(0) +
                              octets(b'finch')))
        assert client.rcpt('wren@example.org')[0] == 250
        assert client.data(b'Subject: x\r\n\r\nfor wren\r\n')[0] == 250
    assert len(office.messages('finch')) == 1
    assert [p for p in office.messages('wren')
            if p.read_bytes().endswith(b'for wren\n')]


# ---- TLS -------------------------------------------------------------------

def test_command_in_the_packet_of_the_handshake(office):
    """RFC 2449 section 6.6: it is there, so it is answered"""
    raw = office.connect('pop3s')
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = office.ssl_context().wrap_bio(incoming, outgoing,
                                        server_hostname='localhost')
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outgoing.read())
            incoming.write(raw.recv(1 << 16))
    # the client's last word of the handshake is still in `outgoing`
    tls.write(b'CAPA\r\n')
    raw.sendall(outgoing.read())
    got = b''
    while not got.endswith(b'.\r\n'):
        try:
            got += tls.read(1 << 16)
        except ssl.SSLWantReadError:
            incoming.write(raw.recv(1 << 16))
    assert got.count(b'+OK') == 2
    raw.close()


# ---- no memory, no descriptors ---------------------------------------------

def test_listing_without_a_descriptor(office):
    """The store cannot hand over the listing: the login fails for now, and
    leaves no lock behind"""
    box = office.maildir('robin')
    for n in range(1500):       # too long for a frame
        (box / 'new' / f'1700000000.{n:06d}.test').write_bytes(SMALL)
    with pytest.raises(poplib.error_proto, match='SYS/TEMP'):
        with injected(office.child('store'), 'memfd_create:error=EMFILE'):
            office.pop3('robin', 'secret', how='clear')
    with office.pop3('robin', 'secret', how='clear') as pop:
        assert pop.stat()[0] == 1500


@contextlib.contextmanager
def no_descriptors(pid):
    """Not even the first free number may be used"""
    used = set(map(int, os.listdir(f'/proc/{pid}/fd')))
    with open(f'/proc/{pid}/limits', encoding='ascii') as f:
        soft, hard = map(int, re.search(
            r'^Max open files\s+(\d+)\s+(\d+)', f.read(), re.M).groups())
    set_limit(pid, next(n for n in range(soft) if n not in used), hard)
    try:
        yield
    finally:
        set_limit(pid, soft, hard)


@contextlib.contextmanager
def injected(pid, fault):
    """System calls of a process fail, by strace"""
    if shutil.which('strace') is None:
        pytest.skip('strace is not here')
    tracer = subprocess.Popen(
        ['strace', '-f', '-p', str(pid), '-o', '/dev/null', '-e',
         f'inject={fault}', '-e', 'trace=' + fault.split(':', 1)[0]],
        stderr=subprocess.PIPE, text=True)
    try:
        assert 'attached' in tracer.stderr.readline()
        yield
    finally:
        tracer.terminate()
        tracer.wait()
        tracer.stderr.close()


def test_message_without_a_descriptor(office):
    """S34: The front has no room for what the store hands it: an error for now,
    for that message alone; the store is not given up"""
    before, front = others(office), office.child('front')
    with office.pop3('wren', 'secret', how='clear') as pop, \
            office.lmtp() as client:
        client.ehlo_or_helo_if_needed()
        client.mail('bob@example.net')
        assert client.rcpt('wren@example.org')[0] == 250
        with no_descriptors(front):
            with pytest.raises(poplib.error_proto, match='SYS/TEMP'):
                pop.retr(1)
            assert client.docmd('DATA')[0] == 451
            assert client.rset()[0] == 250
        assert pop.message(1) == SMALL.replace(b'\n', b'\r\n')
    served(office)
    assert others(office) == before
    assert office.child('front') == front
    assert office.leftovers('wren') == []


def test_listing_for_a_front_without_descriptors(office):
    box = office.maildir('robin')
    for n in range(1500):
        (box / 'new' / f'1700000000.{n:06d}.test').write_bytes(SMALL)
    front = office.child('front')
    pop = office.pop3(how='clear')
    with no_descriptors(front):
        pop.user('robin')
        with pytest.raises(poplib.error_proto, match='SYS/TEMP'):
            pop.pass_('secret')
    pop.user('robin')
    pop.pass_('secret')
    assert pop.stat()[0] == 1500
    pop.quit()
    assert office.child('front') == front


# ---- a channel that has ended ----------------------------------------------

@pytest.mark.parametrize('role', ['front', 'store', 'auth'])
def test_channel_to_the_parent_has_ended(office, role):
    """A process that nobody can reach any more is replaced"""
    pid = office.child(role)
    names = {'front': ('control', 'store', 'auth'),
             'auth': ('front', 'control', 'store'),
             'store': ('auth', 'front', 'control')}[role]
    with contextlib.closing(Stolen(pid, *names)) as own:
        own.control.shutdown(socket.SHUT_RDWR)
    wait_gone(pid)
    served(office)


@pytest.mark.parametrize('peer', ['store', 'auth'])
def test_front_has_lost_a_channel(office, peer):
    """The other process lives on: then the front is started anew"""
    before, front = others(office), office.child('front')
    # something that the peer may not send ends the channel
    theirs = {'store': ('auth', 'front', 'control'),
              'auth': ('front', 'control', 'store')}[peer]
    with contextlib.closing(Stolen(before[peer], *theirs)) as of_peer:
        of_peer.front.send(frame('IPC_CTL_READY', 0))
    wait_gone(front)
    served(office)
    assert others(office) == before


# ---- reload ----------------------------------------------------------------

def test_sections_that_change_places(office):
    """The socket of [listen pop3] must not take the settings of another
    section: clear_login would open it to passwords in clear"""
    def policy():
        with office.connect('pop3') as s, s.makefile('rb') as replies:
            replies.readline()
            s.sendall(b'USER wren\r\nPASS secret\r\n')
            return replies.readline()[:4]
    assert policy() == b'-ERR'
    moved = dict(reversed(office.listeners.items()))
    office.listeners = moved
    office.write_config()
    mark = office.mark()
    office.reload()
    office.wait_log('not reloaded', '[listen]', after=mark)
    assert policy() == b'-ERR'
    served(office)
