# SPDX-License-Identifier: ISC
"""Octets, counted by another hand: what RETR sends, against what was stored
or delivered and a wire form that is computed here, octet by octet and not by
the daemon's code.  Seeded, so that each run asks the same."""
import os
import poplib
import random
import re

import pytest

from office import AS_ROOT, STORE_ID

HOST = b'2026-11-21T10:%02d:%02d.h'


def wire(stored):
    """RFC 1939 section 11: what goes over the wire, without stuffing."""
    out, before = bytearray(), 0
    for octet in stored:
        if octet == 0x0a and before != 0x0d:
            out.append(0x0d)
        out.append(octet)
        before = octet
    if stored and before != 0x0a:
        out += b'\r\n'
    return bytes(out)


def some_text(r):
    parts = [b'\n', b'\r\n', b'\r', b'.', b'..', b'a', b'\0', b'\xff',
             b'.\r\n', b'\n.\n', b'Subject: x\n', b'\n\n', b' ',
             b'x' * r.randrange(1, 200)]
    n = r.choice([0, 1, 2, 3, 10, 50, 400])
    text = b''.join(r.choice(parts) for _ in range(n))
    return text + b'y' * r.choice([0, 0, 0, 70000])


def some_name(r, n, text):
    """A file name with a base of its own."""
    base = r.choice([b'%d.M5P6.h' % n, b'%d.' % n + b'z' * 150,
                     b'%d \xe9.h' % n, b'%064x' % n, b'%d,X=1' % n,
                     HOST % (n // 60, n % 60), b':2,S%d' % n])
    sizes = [b',S=%d' % len(text), b',W=%d' % len(wire(text))]
    if not text.startswith(b'.') and b'\n.' not in text:
        sizes.append(b',D=0')
    base += b''.join(r.sample(sizes, r.randrange(len(sizes) + 1)))
    where = r.choice(['new', 'cur'])
    return where, base + (r.choice([b':2,', b':2,S', b':2,FSab'])
                          if where == 'cur' else b'')


def put(office, where, name, text):
    path = os.fsencode(office.maildir()) + b'/' + where.encode() + b'/' + name
    with open(path, 'wb') as f:
        f.write(text)
    if AS_ROOT:
        os.chown(path, STORE_ID, STORE_ID)


def retrieved(pop, n):
    """Message n as it is, its announced size checked."""
    answer, lines, _ = pop.retr(n)
    octets = b''.join(line + b'\r\n' for line in lines)
    assert int(answer.split()[1]) == len(octets)
    assert int(pop.list(n).split()[2]) == len(octets)
    return octets


def all_of(pop):
    """The octets of all messages, totals checked."""
    count, total = pop.stat()
    got = [retrieved(pop, n + 1) for n in range(count)]
    assert sum(map(len, got)) == total
    return got


def ids_of(pop):
    return [line.split(b' ', 1)[1] for line in pop.uidl()[1]]


@pytest.mark.parametrize('seed', range(4))
def test_any_stored_file(office, seed):
    """P3, S39, S40, S42, Z-1: every file is one message, whole, under one
    id."""
    r = random.Random(seed)
    stored = {}
    for n in range(60):
        text = some_text(r)
        stored[some_name(r, n, text)] = text
    for (where, name), text in stored.items():
        put(office, where, name, text)
    with office.pop3('wren') as pop:
        got = all_of(pop)
        ids = ids_of(pop)
    assert sorted(got) == sorted(map(wire, stored.values()))
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rb'[\x21-\x7e]{1,70}', i) for i in ids)


def test_ids_outlive_flags(office):
    """S42: what another reader does to a name leaves the id alone."""
    r = random.Random(7)
    names = [some_name(r, n, b'x\n') for n in range(40)]
    for where, name in names:
        put(office, where, name, b'x\n')
    with office.pop3('wren') as pop:
        ids = ids_of(pop)
    box = os.fsencode(office.maildir())
    for where, name in names:
        base = name if where == 'new' else name[:name.rindex(b':2,')]
        os.rename(b'%s/%s/%s' % (box, where.encode(), name),
                  b'%s/cur/%s:2,RT' % (box, base))
    with office.pop3_again('wren') as pop:
        assert ids_of(pop) == ids


def test_a_file_that_is_not_what_its_name_says(office):
    """X-6: for good, not for now; and it is no other message."""
    put(office, 'new', b'1.h,S=20,W=22', b'a: b\n\nhi\n')
    put(office, 'new', b'2.h', b'c: d\n')
    with office.pop3('wren') as pop:
        with pytest.raises(poplib.error_proto, match=r'\[SYS/PERM\]'):
            pop.retr(1)
        assert pop.message(2) == b'c: d\r\n'


# ---- by LMTP and back ------------------------------------------------------

HEADER = [b'Subject: x', b'Return-Path: <evil@example.org>',
          b'return-path : <y>', b'Return-Path', b'Return-PathX: y',
          b' folded', b'\tfolded', b'.dot: 1', b'R', b'Return-Path:',
          b'X-Long: ' + b'z' * 3000]
BODY = [b'.', b'..', b'.x', b'a', b'', b'From x', b'\xe9\xff', b'x' * 998,
        b'y' * 70000, b'Return-Path: <kept@example.org>', b'\t.', b'.\t']


def some_mail(r):
    lines = [r.choice(HEADER) for _ in range(r.randrange(8))]
    if r.random() < .8:
        lines.append(b'')
    return lines + [r.choice(BODY) for _ in range(r.randrange(20))]


def without_return_path(lines):
    """RFC 5321 section 4.4"""
    kept, dropped = [], False
    for i, line in enumerate(lines):
        if line == b'':
            return kept + lines[i:]
        if not (dropped and line[:1] in (b' ', b'\t')):
            dropped = re.match(rb'return-path[ \t]*:', line, re.I)
        if not dropped:
            kept.append(line)
    return kept


def say(client, r, lines):
    """The message by DATA or in chunks; the reply's code."""
    octets = b''.join(line + b'\r\n' for line in lines)
    if r.random() < .5:
        return client.data(octets)[0]
    while r.random() < .7:
        n = min(r.choice([0, 1, 2, 3, 100, 5000]), len(octets))
        client.send(b'BDAT %d\r\n' % n + octets[:n])
        assert client.getreply()[0] == 250
        octets = octets[n:]
    client.send(b'BDAT %d LAST\r\n' % len(octets) + octets)
    return client.getreply()[0]


@pytest.mark.parametrize('line_ends', ['lf', 'crlf'])
@pytest.mark.parametrize('how', ['lmtp', 'smtp'])
def test_any_mail_comes_out_as_it_went_in(make_office, how, line_ends):
    """S39, P3: M-10, M-18, M-24"""
    office = make_office(mail={'line_ends': line_ends})
    r = random.Random(11)
    sent = [some_mail(r) for _ in range(60)]
    with (office.lmtp() if how == 'lmtp' else office.smtp()) as client:
        client.ehlo_or_helo_if_needed()
        for lines in sent:
            assert client.mail('bob@example.net')[0] == 250
            assert client.rcpt('wren@example.org')[0] == 250
            assert say(client, r, lines) == 250
    trace = re.compile(rb'Return-Path: <bob@example\.net>\r\n'
                       rb'Delivered-To: wren@example\.org\r\n'
                       rb'Received: [^\r\n]*\r\n(\t[^\r\n]*\r\n)*')
    with office.pop3('wren') as pop:
        got = all_of(pop)
    assert len(got) == len(sent)
    for octets, lines in zip(got, sent):
        want = b''.join(line + b'\r\n' for line in without_return_path(lines))
        assert octets.endswith(want)
        assert trace.fullmatch(octets[:len(octets) - len(want)])
