# SPDX-License-Identifier: ISC
"""Lines D01-D10 of docs/threats.md: what mail that comes in may try."""
import os
import signal
import smtplib

import pytest

from office import SANITIZERS, Office, wait_gone
from test_hostile import MIB, bounded, eventually

ENV = {'ASAN_OPTIONS': SANITIZERS['ASAN_OPTIONS'] +
       ':quarantine_size_mb=0:thread_local_quarantine_size_kb=0'}


@pytest.fixture(scope='module')
def office():
    with Office(users={'wren': 'secret'}, env=ENV) as it:
        it.deliver(b'Subject: first\r\n\r\nx\r\n')
        yield it


@pytest.fixture(params=['lmtp', 'smtp'])
def client(request, office):
    with getattr(office, request.param)() as it:
        it.ehlo_or_helo_if_needed()
        it.how = request.param
        yield it


HOSTILE = [b'""', b'../x', b'../../etc/passwd', b'a/b', b'%2f', b'a' * 300,
           b'\xff\xfe', b'wr\xc3\xa9n', b'.', b'..', b'wren/', b'*', b'~wren',
           b'-oX', b'|id', b'%u', b'wren\t', b'a..b', b'"wr\\\x00en"']


def test_hostile_recipients(office, client):
    """D01: refused for good; nothing is made, nothing ends"""
    before = sorted(os.listdir(office.mail_root))
    assert client.mail('bob@example.net')[0] == 250
    for local in HOSTILE:
        client.send(b'RCPT TO:<' + local + b'@example.org>\r\n')
        assert 500 <= client.getreply()[0] <= 599, local
    client.send(b'RCPT TO:<wr\0en@example.org>\r\n')
    assert 500 <= client.getreply()[0] <= 599
    assert client.rcpt('wren@example.org')[0] == 250
    assert client.rset()[0] == 250
    assert sorted(os.listdir(office.mail_root)) == before


NESTED = b''.join(b'--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n'
                  b'\r\n' % (n, n + 1) for n in range(20000))
STRANGE_MAIL = {
    'a line of 5 MB': b'Subject: x\r\n\r\n' + b'x' * 5000000 + b'\r\n',
    'a field of 10 MB': b'X-Long: ' + b'x' * 10000000 + b'\r\n\r\nbody\r\n',
    'a folded field': b'X: y\r\n' + b'\tx\r\n' * 500000 + b'\r\nbody\r\n',
    '100,000 fields': b''.join(b'X-%d: x\r\n' % n for n in range(100000))
                      + b'\r\nbody\r\n',
    '100,000 addresses': b'To: ' + b'a@example.net,\r\n\t' * 100000
                         + b'b@example.net\r\n\r\nbody\r\n',
    'parts in parts': b'Content-Type: multipart/mixed; boundary=b0\r\n\r\n'
                      + NESTED,
    'no header': b'\r\n' * 1000,
}


@pytest.mark.parametrize('what', STRANGE_MAIL)
def test_strange_mail(office, client, what):
    """D04: mail is not parsed: it is stored as it came, and costs no more
    memory than other mail"""
    text = STRANGE_MAIL[what]
    with bounded(office, 4 * MIB):
        assert client.sendmail('bob@example.net', ['wren@example.org'],
                               text) == {}
        with office.pop3('wren') as pop:
            count = pop.stat()[0]
            pop.sock.sendall(b'RETR %d\r\n' % count)
            size = int(pop.file.readline().split()[1])
            # it ends as it was sent; no line of these begins with a dot
            head = pop.file.read(size - len(text))
            assert head.endswith(b'\r\n'), head
            assert pop.file.read(len(text)) == text
            assert pop.file.read(3) == b'.\r\n'
            pop.dele(count)


def test_ten_thousand_hops(office, client):
    """D04: a mail that has been everywhere is refused"""
    text = b'Received: from a by b; now\r\n' * 10000 + b'\r\nbody\r\n'
    with pytest.raises(smtplib.SMTPDataError) as e:
        client.sendmail('bob@example.net', ['wren@example.org'], text)
    assert e.value.smtp_code == 554
    eventually('no file in tmp', lambda: not office.leftovers())


@pytest.mark.parametrize('sender, line', [
    ('"a b"@example.net', b'"a b"@example.net'),
    ('"a> X: y"@example.net', b'"a> X: y"@example.net'),
    ('"\\"q\\""@example.net', b'"\\"q\\""@example.net')])
def test_sender_is_one_line(office, client, sender, line):
    """D08: whatever a sender's address may hold, it is one field"""
    assert client.docmd('MAIL', f'FROM:<{sender}>')[0] == 250
    assert client.rcpt('wren@example.org')[0] == 250
    assert client.data(b'Subject: x\r\n\r\nx\r\n')[0] == 250
    with office.pop3('wren') as pop:
        count = pop.stat()[0]
        lines = pop.top(count, 0)[1]
        assert lines[0] == b'Return-Path: <' + line + b'>'
        assert lines[1] == b'Delivered-To: wren@example.org'
        assert lines[2].startswith(b'Received: ')
        pop.dele(count)


@pytest.mark.parametrize('inside', [b'\r\nX: y', b'\nX: y', b'\rX: y', b'\0'])
def test_sender_with_a_line_end(office, client, inside):
    """D08: such an address is none: nothing of it reaches a message"""
    client.send(b'MAIL FROM:<"a' + inside + b'"@example.net>\r\n')
    assert 500 <= client.getreply()[0] <= 599
    if inside.startswith(b'\r\n'):
        assert 500 <= client.getreply()[0] <= 599   # X: y is no command
    # nothing was begun; behind a bare LF the connection ends
    if inside.startswith(b'\n'):
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.rcpt('wren@example.org')
    else:
        assert client.rcpt('wren@example.org')[0] == 503


@pytest.mark.parametrize('role', ['front', 'store'])
def test_killed_behind_the_last_dot(role):
    """D06, P11: the client hears nothing: its mail is there once or not at
    all; sent again it is there once or twice, whole"""
    with Office(users={'wren': 'secret'}) as office:
        text = b'Subject: x\r\n\r\nthe end\r\n'
        there = []
        for n in range(3):
            before = len(office.messages())
            client = office.lmtp()
            client.ehlo_or_helo_if_needed()
            assert client.mail('bob@example.net')[0] == 250
            assert client.rcpt('wren@example.org')[0] == 250
            assert client.docmd('DATA')[0] == 354
            pid = office.child(role)
            client.send(text + b'.\r\n')
            os.kill(pid, signal.SIGKILL)
            wait_gone(pid)
            try:
                code = client.getreply()[0]
            except (smtplib.SMTPServerDisconnected, OSError):
                code = None
            client.close()
            # whoever is new has looked at tmp and answers
            with office.pop3_again('wren') as pop:
                count = pop.stat()[0]
                if count > before:
                    assert pop.message(count).endswith(text)
            assert count - before in ((1,) if code == 250 else (0, 1))
            there.append(count - before)
            eventually('mail is taken', lambda: taken(office, text))
            assert len(office.messages()) == count + 1
        for path in office.messages():
            assert path.read_bytes().endswith(b'\n\nthe end\n')


def taken(office, text):
    try:
        return office.deliver(text) == {}
    except (smtplib.SMTPException, OSError):
        return False
