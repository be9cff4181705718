# SPDX-License-Identifier: ISC
"""Messages that are stored as they go over the wire (line_ends = crlf) and
leave the server as files: the octets are the same as ever, whatever is in
them, whoever asks, and whatever happens on the way."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from office import WAIT

CLEAR = {'clear': {'protocol': 'pop3', 'tls': 'start', 'clear_login': 'yes'}}
# FRONT_SENDFILE is 16 KiB: messages around it, and large ones
SIZES = (0, 2, 100, 16000, 16384, 17000, 100_000, 3_000_000)


def text(size, line=b'x' * 70 + b'\r\n'):
    whole = line * (size // len(line))
    rest = size - len(whole)
    return whole + (b'y' * (rest - 2) + b'\r\n' if rest >= 2 else b'')


MUCH = 12 << 20         # more than sockets take
MAILS = [b'Subject: %d\r\n\r\n' % size + text(size) + tail
         for size in SIZES for tail in (b'', b'.\r\n', b'..x\r\n.\r\ny\r\n')]


@pytest.fixture
def crlf(make_office):
    return make_office(listeners=CLEAR, mail={'line_ends': 'crlf'})


def body_of(message):
    """Without the trace fields, the only ones that differ"""
    return message[message.index(b'Subject: '):]


def test_files_in_wire_form(crlf):
    """What is on the disk, and what its name says of it"""
    for mail in MAILS:
        assert crlf.deliver(mail) == {}
    files = crlf.messages()
    assert len(files) == len(MAILS)
    for path, mail in zip(files, MAILS):
        stored = path.read_bytes()
        assert body_of(stored) == mail
        assert stored.count(b'\n') == stored.count(b'\r\n')
        name = re.fullmatch(r'.*,S=([0-9]+),W=([0-9]+)(,D=0)?', path.name)
        assert int(name[1]) == int(name[2]) == len(stored)
        assert (name[3] is None) == (b'\r\n.' in mail), path.name


@pytest.mark.parametrize('how', ['clear', 'start', 'implicit'])
def test_the_same_octets(make_office, how):
    """S39, P3: RETR, TOP, LIST and UIDL say the same of both forms (B-12,
    Z-1)."""
    seen = []
    for line_ends in 'lf', 'crlf':
        office = make_office(listeners=CLEAR, mail={'line_ends': line_ends})
        for mail in MAILS:
            assert office.deliver(mail) == {}
        with office.pop3('wren', how=how) as pop:
            sizes = [int(row.split()[1]) for row in pop.list()[1]]
            ids = [row.split()[1].decode() for row in pop.uidl()[1]]
            got = [pop.message(n + 1) for n in range(len(MAILS))]
            tops = [pop.top(n + 1, 2)[1] for n in range(len(MAILS))]
        assert sizes == [len(octets) for octets in got]
        assert [body_of(octets) for octets in got] == MAILS
        # the name on the disk without what it says of sizes
        assert ids == [re.sub(r',[SWD]=[0-9]+', '', path.name)
                       for path in office.messages()]
        seen.append([t[t.index(b''):] for t in tops])
    assert seen[0] == seen[1]


def test_both_forms_in_one_maildrop(crlf):
    """The setting is for new mail: what is there is read as it is."""
    crlf.put('wren', MAILS[-1].replace(b'\r\n', b'\n'))
    crlf.put('wren', MAILS[-3])
    crlf.deliver(MAILS[-3])
    with crlf.pop3('wren', how='clear') as pop:
        assert [body_of(pop.message(n)) for n in (1, 2, 3)] == \
            [MAILS[-1], MAILS[-3], MAILS[-3]]


def logged_in(office, small_window=False):
    s = socket.socket()
    if small_window:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    s.settimeout(WAIT)
    s.connect(('127.0.0.1', office.ports['clear']))
    stream = s.makefile('rb')
    s.sendall(b'USER wren\r\nPASS secret\r\n')
    for _ in range(3):
        assert stream.readline().startswith(b'+OK')
    return s, stream


def rest_of(stream):
    """A message up to its end, stuffing as it came"""
    got = []
    while (line := stream.readline()) != b'.\r\n':
        assert line.endswith(b'\r\n'), line
        got.append(line)
    return b''.join(got)


def answer(stream):
    """A whole answer with a message: its announced size, the message"""
    first = stream.readline()
    assert first.startswith(b'+OK '), first
    return int(first.split()[1]), rest_of(stream)


@pytest.mark.parametrize('small_window', [False, True])
def test_commands_behind_a_file(crlf, small_window):
    """RFC 2449 section 6.6: each answer whole and in its turn"""
    for mail in MAILS:
        crlf.deliver(mail)
    s, stream = logged_in(crlf, small_window)
    with s:
        s.sendall(b''.join(b'RETR %d\r\nNOOP\r\n' % (n + 1)
                           for n in range(len(MAILS))) + b'QUIT\r\n')
        for mail in MAILS:
            size, got = answer(stream)
            got = got.replace(b'\r\n..', b'\r\n.')
            assert size == len(got) and body_of(got) == mail
            assert stream.readline().startswith(b'+OK')
        assert stream.readline().startswith(b'+OK')
        assert stream.readline() == b''


def ask_for_much(office):
    """RETR of what no socket holds, and the first line of the answer"""
    assert office.deliver(b'Subject: x\r\n\r\n' + text(MUCH)) == {}
    s, stream = logged_in(office, small_window=True)
    s.sendall(b'RETR 1\r\n')
    assert stream.readline().startswith(b'+OK ')
    return s, stream


@pytest.mark.parametrize('line_ends', ['lf', 'crlf'])
def test_a_file_that_gets_shorter(make_office, line_ends):
    """X-6: never an end that looks like the message's"""
    office = make_office(listeners=CLEAR, mail={'line_ends': line_ends})
    s, stream = ask_for_much(office)
    with s:
        os.truncate(office.messages()[0], 1 << 20)
        got = stream.read()
        assert not got.endswith(b'\r\n.\r\n')
    assert office.wait_log('event=session', 'user=wren')['end'] == 'body-lost'
    assert len(office.messages()) == 1


@pytest.mark.parametrize('how', ['clear', 'implicit'])
@pytest.mark.parametrize('size', [100, 15000, 100_000])
@pytest.mark.parametrize('end', [b'ab', b'a\n', b'\na', b'\n.', b'.\r',
                                 b'\r.', b'\n\n', b'\r\n'])
def test_a_file_that_somebody_has_changed(crlf, how, size, end):
    """X-6: its mark is not true any more, but the answer has an end, and the
    session goes on."""
    assert crlf.deliver(b'Subject: x\r\n\r\n' + text(size)) == {}
    with open(crlf.messages()[0], 'r+b') as f:
        f.seek(-2, os.SEEK_END)
        f.write(end)
    stored = crlf.messages()[0].read_bytes()
    with crlf.pop3('wren', how=how) as pop:
        for _ in range(2):
            got = pop.message(1)
            assert got[:len(stored) - 2] == stored[:-2]
            assert got.endswith(b'\r\n')
        assert pop.noop().startswith(b'+OK')


@pytest.mark.parametrize('how', ['close', 'reset'])
def test_the_client_goes_away(crlf, how):
    s, stream = ask_for_much(crlf)
    if how == 'reset':
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0' * 2)
    stream.close()
    s.close()
    assert crlf.wait_log('event=session', 'user=wren')['end'] == 'drop'
    with crlf.pop3('wren', how='clear') as pop:
        assert pop.stat()[0] == 1


def test_a_file_that_is_removed(crlf):
    """It was opened: the client gets all of it."""
    s, stream = ask_for_much(crlf)
    with s:
        crlf.messages()[0].unlink()
        s.sendall(b'NOOP\r\n')
        got = rest_of(stream)
        assert body_of(got) == b'Subject: x\r\n\r\n' + text(MUCH)
        assert stream.readline().startswith(b'+OK')


def test_a_client_that_does_not_read(make_office):
    """Time is up for it; meanwhile the others are served."""
    office = make_office(
        listeners=CLEAR, mail={'line_ends': 'crlf'},
        users={'wren': 'secret', 'finch': 'secret'},
        limits={'idle_timeout': '3s', 'unsafe_limits': 'yes'})
    assert office.deliver(MAILS[-1], 'finch@example.org') == {}
    s, stream = ask_for_much(office)
    begin = time.monotonic()
    with s, stream:
        with office.pop3('finch', how='clear') as pop:
            assert body_of(pop.message(1)) == MAILS[-1]
        end = office.wait_log('event=session', 'user=wren', 'end=timeout')
        assert time.monotonic() - begin > 2
        assert int(end['retr']) == 1


def test_a_slow_reader_is_not_idle(make_office):
    """Whoever takes something now and then may take as long as it likes."""
    office = make_office(
        listeners=CLEAR, mail={'line_ends': 'crlf'},
        limits={'idle_timeout': '3s', 'unsafe_limits': 'yes'})
    s, stream = ask_for_much(office)
    begin = time.monotonic()
    with s:
        got = 0
        while time.monotonic() - begin < 5:
            # enough for the server to have room, and progress
            got += len(stream.read(MUCH // 20))
            time.sleep(0.5)
        assert got < MUCH, 'it was too fast to show anything'
        assert rest_of(stream).endswith(text(MUCH)[-200:])
        s.sendall(b'QUIT\r\n')
        assert stream.readline().startswith(b'+OK')


def test_a_shutdown_lets_it_finish(make_office):
    office = make_office(listeners=CLEAR, mail={'line_ends': 'crlf'},
                         server={'drain_seconds': WAIT})
    s, stream = ask_for_much(office)
    with s:
        office.process.terminate()
        assert body_of(rest_of(stream)) == b'Subject: x\r\n\r\n' + \
            text(MUCH)
        s.sendall(b'QUIT\r\n')


def strace(*args):
    return subprocess.run(['strace', '-qq', '-o', '/dev/null', *args],
                          capture_output=True).returncode


needs_strace = pytest.mark.skipif(
    shutil.which('strace') is None or strace('true') != 0,
    reason='strace cannot trace here')


@contextlib.contextmanager
def traced(office, path, *options):
    """The front under strace, which writes to path"""
    tracer = subprocess.Popen(
        ['strace', '-o', path, '-p', str(office.child('front')), *options],
        stderr=subprocess.PIPE)
    assert b'attached' in tracer.stderr.readline()
    try:
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


@needs_strace
def test_packets_wait_for_the_last_line_only(crlf, tmp_path):
    """What is held back for it is let go with it, not by the kernel's
    clock: for each file once, and nothing where there is no file."""
    for mail in MAILS:
        crlf.deliver(mail)
    trace = tmp_path / 'trace'
    with traced(crlf, trace, '-e', 'trace=setsockopt,sendfile'), \
            crlf.pop3('wren', how='clear') as pop:
        for n, mail in enumerate(MAILS):
            assert body_of(pop.message(n + 1)) == mail
    calls = re.findall(r'TCP_CORK, \[([01])\]|(sendfile)\(',
                       trace.read_text())
    text_of = ''.join(cork or 's' for cork, _ in calls)
    files = sum(len(mail) >= 16384 and b'\r\n.' not in mail
                for mail in MAILS)
    assert re.fullmatch(f'(1s+0){{{files}}}', text_of), text_of


@needs_strace
@pytest.mark.parametrize('error', ['EINVAL', 'ENOSYS', 'EPERM', 'EIO'])
def test_no_sendfile(crlf, tmp_path, error):
    """Not every file system or sandbox has it: then files are read."""
    for mail in MAILS:
        crlf.deliver(mail)
    trace = tmp_path / 'trace'
    with traced(crlf, trace, '-e', f'inject=sendfile:error={error}', '-e',
                'trace=sendfile'), crlf.pop3('wren', how='clear') as pop:
        for n, mail in enumerate(MAILS):
            assert body_of(pop.message(n + 1)) == mail
    assert f'{error} ' in trace.read_text()
    # once is enough: the session asks no more
    assert trace.read_text().count('sendfile(') == 1
