# SPDX-License-Identifier: ISC
"""Checks C-1 to C-33 and C01 to C26 that no single dialogue can show.

Those that can are in tests/wire/hostile.  Each test names its checks.
"""
import base64
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

import certs
from desk import ATCALL, SANITIZERS, letters, stored
from popscript import Drop, PopServer


def everything(server):
    return sorted(stored(m.raw) for m in server.drop.messages)


# ---- the order of things ---------------------------------------------------

@pytest.mark.parametrize('kind', ['maildir', 'mbox'])
def test_dele_only_for_what_is_durable(desk, make_server, kind):
    """C-7 P14: on the wire, DELE stands behind the fsyncs"""
    import powercut
    server = make_server(6)
    mail = list(server.drop.messages)
    desk.account('work', server, kind, keep='no').write()
    disk = powercut.Disk(desk.dir)
    record = desk.dir.parent / f'{desk.dir.name}.record'
    try:
        desk.run('fetch', before=[ATCALL, '--path', desk.dir,
                                  '--record', record, '--'])
        events = powercut.read(record)
    finally:
        record.unlink(missing_ok=True)
    server.settle()
    assert not server.drop.messages
    asked, said = [], b''
    for e in events:
        disk.play(e)
        if e.what != 'net':
            continue
        # several may go in one write: all of them must be safe before it
        said += e.data
        *lines, said = said.split(b'\r\n')
        left = b'\0'.join(c[1] for c in disk.left('strict').values() if c)
        for number in [int(x[5:]) for x in lines if x.startswith(b'DELE ')]:
            asked.append(number)
            text = stored(mail[number - 1].raw)
            if kind == 'mbox':
                text = re.sub(rb'(?m)^(>*From )', rb'>\1', text)
            assert text in left, f'DELE {number} before it was safe'
    assert asked == [1, 2, 3, 4, 5, 6]


def test_stat_is_not_sent(desk, make_server):
    """C09: nothing is believed of STAT, since nobody asks for it"""
    server = make_server()
    desk.account('work', server).fetch()
    assert not [c for c in server.last.commands if c.upper() == 'STAT']


def test_no_deadlock_by_pipelining(desk, make_server):
    """C-27: it reads while it writes, however much is under way"""
    big = [b'Subject: %d\r\n\r\n' % i + b'x' * 70 * 1024 + b'\r\n'
           for i in range(120)]
    server = make_server(big)
    desk.account('work', server).fetch()
    assert sorted(desk.mail()) == everything(server)
    assert server.last.round_trips < 100


# ---- SASL ------------------------------------------------------------------

def test_long_password_goes_without_initial_response(desk, make_server):
    """C-25 C-24: 255 octets a line; an empty challenge is just a plus"""
    drop, password = Drop(letters(2)), 'p' * 300
    server = make_server(drop, users={'wren': (password, drop)},
                         tls='implicit', cert=certs.certificate(),
                         mechs=('PLAIN',), user=False, max_line=255,
                         empty=b'+')
    desk.account('work', server, password=password, tls_name='localhost',
                 ca_file=certs.authority()[0]).fetch()
    assert 'AUTH PLAIN' in server.last.commands
    assert len(desk.mail()) == 2


@pytest.mark.parametrize('mech', ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS'])
def test_channel_binding(desk, make_server, mech):
    """RFC 5802 section 6: strongest first, bound to the connection"""
    import ssl

    def old(context):       # python has tls-unique alone, of TLS 1.2
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    server = make_server(tls='implicit', cert=certs.certificate(),
                         tls_options=old, user=False,
                         mechs=(mech, 'SCRAM-SHA-256', 'PLAIN'))
    desk.account('work', server, tls_name='localhost',
                 ca_file=certs.authority()[0]).fetch()
    assert server.last.mechanism == mech


@pytest.mark.parametrize('mechs,best', [
    (('LOGIN', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1'), 'SCRAM-SHA-256'),
    (('LOGIN', 'SCRAM-SHA-1', 'CRAM-MD5'), 'SCRAM-SHA-1'),
    (('LOGIN', 'PLAIN', 'CRAM-MD5'), 'CRAM-MD5'),
    (('LOGIN', 'PLAIN'), 'PLAIN'), (('LOGIN',), 'LOGIN'), ((), 'USER')])
def test_strongest_first(desk, make_server, mechs, best):
    """C24: what the server has, the strongest of it"""
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=mechs)
    desk.account('work', server, tls_name='localhost',
                 ca_file=certs.authority()[0]).fetch()
    assert server.last.mechanism == best


def test_external(desk, make_server):
    """a client certificate, AUTH EXTERNAL"""
    cert, key = certs.certificate('DNS:wren', 'wren', usage='clientAuth')
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=('EXTERNAL',), user=False, tls_client=True,
                         client_ca=str(certs.authority()[0]))
    desk.account('work', server, password=None, tls_name='localhost',
                 ca_file=certs.authority()[0], client_certificate=cert,
                 client_key=key).fetch()
    assert server.last.mechanism == 'EXTERNAL'


# ---- secrets ---------------------------------------------------------------

@pytest.mark.parametrize('bad', [b'a\rDELE 1', b'a\0b', b'\r\nDELE 1\r\n',
                                 b'', b'\n'])
def test_password_that_would_be_a_command(desk, make_server, bad):
    """C-32 C16: refused, never sent"""
    server = make_server()
    path = desk.dir / 'secret'
    path.touch(mode=0o600)
    path.write_bytes(bad + b'\n')
    desk.account('work', server, password=None, password_file=path)
    done = desk.fetch(status='bad')
    assert done.faults == ['secret']
    server.settle()
    assert not any(b'PASS' in s.raw_in or b'AUTH' in s.raw_in
                   for s in server.sessions)


def test_user_that_would_be_a_command(desk, make_server):
    """C-32 C16: the configuration is refused"""
    server = make_server()
    desk.account('work', server, user='"wren\\r\\nDELE 1"')
    done = desk.fetch(status='any')
    server.settle()
    assert not any(b'DELE' in line for s in server.sessions
                   for line in s.raw_in.split(b'\r\n'))
    assert done.status != 0


def test_configuration_that_others_can_read(desk, make_server):
    """C25: a password in it, and mode 644"""
    server = make_server()
    desk.account('work', server).write()
    desk.config.chmod(0o644)
    done = desk.fetch(status='bad')
    assert not server.sessions
    assert 'chmod' in done.err or '600' in done.err
    desk.config.chmod(0o600)
    desk.fetch()


def test_password_is_seen_nowhere(desk, make_server):
    """C25: not in arguments, environments, debug output or errors"""
    seen = []
    password = 'a-Rare-Password-77'
    drop = Drop(letters(2))

    def look(session, rest):
        for p in Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):
                if os.readlink(p / 'exe') == os.path.realpath(desk.binary):
                    seen.append((p / 'cmdline').read_bytes() +
                                (p / 'environ').read_bytes())
        del session.knobs['replies']['RETR 1']
        session.on_retr(rest)
        return b''

    server = make_server(drop, users={'wren': (password, drop)})
    server.knobs['replies'] = {'RETR 1': look}
    desk.account('work', server, password=password,
                 destination='pipe:sh -c "env; cat /proc/$PPID/cmdline; '
                 'cat >/dev/null"')
    done = desk.run('-v', 'fetch', json_=False)
    assert done.status == 0, done
    assert seen and not any(password.encode() in s for s in seen)
    assert password not in done.out + done.err
    done = desk.run('fetch', '--debug', json_=False)
    assert password not in done.out + done.err


@pytest.mark.parametrize('args', [('fetch',), ('fetch', '--debug'), (
    'check', 'work', '--only', 'login.*')], ids=' '.join)
@pytest.mark.parametrize('mechs', [(), ('PLAIN',)], ids=['pass', 'plain'])
def test_password_that_is_said_again(desk, make_server, args, mechs):
    """C25: a server may put it into its refusal, as it is or as it came"""
    password = 'a-Rare-Password-77'
    plain = base64.b64encode(f'\0wren\0{password}'.encode()).decode()
    server = make_server(Drop(), users={'wren': (password, Drop())},
                         mechs=mechs)
    server.knobs['login'] = f'-ERR who is {password} or {plain}?'.encode()
    desk.account('work', server, password=password)
    for as_json in (False, True)[:1 if '--debug' in args else 2]:
        done = desk.run(*args, json_=as_json)
        assert done.status != 0 and b'who is *** or ***?' in done.raw, done
        assert password.encode() not in done.raw, done
        assert plain.encode() not in done.raw, done
    for path in desk.config.parent.rglob('*'):
        assert path == desk.config or not path.is_file() or \
            password.encode() not in path.read_bytes(), path


# ---- several at once -------------------------------------------------------

def test_two_at_once(desk, make_server):
    """C23: the second one says that the first is at work, and goes"""
    second = []

    def meanwhile(session, rest):
        second.append(desk.run('fetch'))
        del session.knobs['replies']['RETR 1']
        session.on_retr(rest)
        return b''

    server = make_server()
    server.once.append({'replies': {'RETR 1': meanwhile}})
    desk.account('work', server).fetch()
    assert second[0].status == 75 and second[0].faults == ['busy']
    assert len(server.sessions) == 1
    assert sorted(desk.mail()) == everything(server)


def test_connections_are_never_shared(desk, make_server):
    """C26: each account has its own, also at the same server"""
    drops = [Drop(letters(3)), Drop(letters(4))]
    server = make_server(drops[0], users={
        'wren': ('secret', drops[0]), 'finch': ('other', drops[1])})
    desk.account('one', server)
    desk.account('two', server, user='finch', password='other')
    desk.fetch()
    server.settle()
    assert sorted(s.user for s in server.sessions) == ['finch', 'wren']
    assert len(desk.mail('one')) == 3 and len(desk.mail('two')) == 4


# ---- what is shown ---------------------------------------------------------

HOSTILE = (b'From: "\x1b]52;c;eA==\x07" <a@b>\r\n'
           b'Subject: \x1b[2J\x9b31m \xe2\x80\xae =?utf-8?q?=1B[2J=07?= %s%n\r\n'
           b'Date: \x1b[1mnever\r\n\r\n\x1b[2Jbody\x07\r\n')


@pytest.mark.parametrize('args', [
    ['list', 'work'], ['list', '--all', 'work'], ['show', 'work', '1'],
    ['-v', 'fetch'], ['-v', 'fetch', '--dry-run'], ['fetch', '--debug']],
    ids=lambda a: '-'.join(a).replace('--', ''))
def test_hostile_header_is_escaped(desk, make_server, args):
    """C14 C15: no control character of a stranger reaches the terminal"""
    server = make_server([HOSTILE, *letters(1)])
    desk.account('work', server)
    done = desk.run_on_terminal(*args)
    assert done.status == 0, done
    # our own: colours, cursor, erasing
    shown = re.sub(rb'\x1b\[[0-9;?]*[mAKJGhlr]', b'',
                   done.raw.replace(b'\x1b[2J', b'BAD'))
    for bad in (b'\x1b', b'\x07', b'BAD', b'\xe2\x80\xae'):
        assert bad not in shown, shown[max(0, shown.find(bad) - 40):][:99]
    # as an octet that belongs to no character
    assert b'\x9b' not in shown.decode(errors='ignore').encode(
        'latin-1', 'ignore'), shown
    if args[0] != 'show':
        done = desk.run(*args, json_=False)
        for bad in (b'\x1b', b'\x07', b'\x9b', b'\xe2\x80\xae'):
            assert bad not in done.raw


@pytest.mark.parametrize('json_', [True, False])
def test_hostile_answer_is_escaped(desk, make_server, json_):
    """C14"""
    server = make_server(
        login=b'-ERR [SYS/PERM] \x1b]52;c;x\x07\x1b[2J\x9b\xe2\x80\xae%s%n')
    desk.account('work', server)
    done = desk.run('fetch', json_=json_)
    assert done.status == 69
    for bad in (b'\x1b', b'\x07', b'\x9b', b'\xe2\x80\xae'):
        assert bad not in done.raw


# ---- destinations ----------------------------------------------------------

def test_mbox_is_reversible(desk, make_server):
    """C17 C-29: From_ lines are quoted, nothing else is touched"""
    mails = [b'Subject: a\r\n\r\nFrom me\r\n>From you\r\n>>From us\r\nFrom\r\n',
             b'From the first line on\r\n\r\nx', b'', b'Subject: z\r\n\r\n\r\n',
             b'X: 1\r\n\r\nlast line has no end', b'\r\n\r\nFrom x\r\n\r\n']
    server = make_server(mails)
    desk.account('work', server, 'mbox').fetch()
    assert desk.mail(kind='mbox') == [stored(m) for m in mails]


def test_pipe_gets_no_words_of_strangers(desk, make_server):
    """C19: no shell, no argument but those of the configuration"""
    mails = [b'From: $(touch %s/bad); `id` -oX\r\nTo: ;rm\r\n'
             b'Subject: %%F %%T ${HOME}\r\n\r\nx\r\n'
             % str(desk.dir).encode()]
    server = make_server(mails)
    script = desk.dir / 'mda'
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$#" "$@" > "$HOME/args"\n'
                      'cat > "$HOME/got"\n')
    script.chmod(0o755)
    desk.account('work', server,
                 destination=f'pipe:{script} -- "a b" $HOME %F').fetch()
    assert (desk.dir / 'args').read_text() == '4\n--\na b\n$HOME\n%F\n'
    assert (desk.dir / 'got').read_bytes() == stored(mails[0])
    assert not (desk.dir / 'bad').exists()


@pytest.mark.parametrize('how,fault', [
    ('exit 75', 'destination-temporary'), ('exit 1', None),
    ('kill -KILL $$', None), ('exit 75 <&-', 'destination-temporary'),
    ('exec <&-; exit 69', None)])
def test_pipe_that_fails(desk, make_server, how, fault):
    """C20: no DELE; the next run tries again"""
    server = make_server(3)
    script = desk.dir / 'mda'
    script.write_text(f'#!/bin/sh\n{how}\n')
    script.chmod(0o755)
    desk.account('work', server, destination=f'pipe:{script}', keep='no')
    done = desk.fetch(status='bad')
    if fault:
        assert fault in done.faults
    server.settle()
    assert len(server.drop.messages) == 3 and not server.last.asked
    assert not list(desk.state.rglob('*draft*'))
    script.write_text('#!/bin/sh\ncat >> "$HOME/got"\n')
    desk.defaults = {}
    done = desk.fetch(status='any')
    if not server.drop.messages:
        got = (desk.dir / 'got').read_bytes()
        for m in letters(3):
            assert got.count(stored(m)) == 1
    else:
        # a refusal for ever may need a person; what is not here is there
        assert fault is None and done.status != 0


@pytest.mark.parametrize('what', ['symlink', 'dangling', 'fifo', 'file',
                                  'no-parent', 'plain-directory'])
@pytest.mark.parametrize('kind', ['maildir', 'mbox'])
def test_odd_destinations(desk, make_server, kind, what):
    """C21: refused, nothing deleted, nobody hangs"""
    server = make_server(2)
    other = desk.dir / 'elsewhere'
    other.mkdir()
    path = desk.dir / ('work' if kind == 'maildir' else 'work.mbox')
    if what == 'symlink':
        target = other if kind == 'maildir' else other / 'x'
        if kind == 'mbox':
            target.touch()
        path.symlink_to(target)
    elif what == 'dangling':
        path.symlink_to(other / 'nothing')
    elif what == 'fifo':
        os.mkfifo(path)
    elif what == 'file' and kind == 'maildir':
        path.write_text('not a Maildir')
    elif what == 'file':
        path.mkdir()
    elif what == 'plain-directory':
        path.mkdir()
        (path / 'precious').write_text('x')
    elif what == 'no-parent':
        path = desk.dir / 'a' / 'b' / 'work'
    desk.account('work', server, destination=f'{kind}:{path}', keep='no')
    done = desk.fetch(status='any', timeout=20)
    server.settle()
    if done.status == 0 and what == 'plain-directory' and kind == 'maildir':
        assert len(desk.mail()) == 2    # an empty folder may become one
        return
    assert done.status != 0, done
    assert len(server.drop.messages) == 2
    assert not [p for p in other.rglob('*') if p.is_file() and
                p.read_bytes()]


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can own for others')
def test_destination_of_somebody_else(desk, make_server):
    """C21: root does not deliver into another user's directory"""
    server = make_server(2)
    path = desk.dir / 'work'
    for sub in ('', 'new', 'cur', 'tmp'):
        (path / sub).mkdir()
        os.chown(path / sub, 65534, 65534)
    desk.account('work', server, keep='no')
    done = desk.fetch(status='bad')
    assert set(done.faults) & {'destination', 'disk'}
    assert len(server.drop.messages) == 2 and not desk.mail()


# ---- the state -------------------------------------------------------------

def spoil(path, how):
    octets = path.read_bytes()
    if how == 'garbage':
        path.write_bytes(os.urandom(len(octets)))
    elif how == 'empty':
        path.write_bytes(b'')
    elif how == 'half':
        path.write_bytes(octets[:len(octets) // 2 + 100])
    elif how == 'foreign':
        path.unlink()
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute('create table t(x)')
            db.commit()
    elif how == 'newer':
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute('pragma user_version = 9999')
            db.commit()


@pytest.mark.parametrize('how', ['garbage', 'empty', 'half', 'foreign',
                                 'newer'])
def test_spoilt_state(desk, make_server, how):
    """C22: never loses mail; a damaged state is not thrown away"""
    server = make_server(10)
    desk.account('work', server).fetch()
    path = desk.state / 'work.db'
    spoil(path, how)
    before = path.read_bytes()
    server.drop.add(b'Subject: new\r\n\r\nnew\r\n')
    done = desk.fetch(status='any')
    server.settle()
    assert len(server.drop.messages) == 11
    have = set(desk.mail())
    if done.status == 0:
        # it could go on: then all of it is here, at worst some of it twice
        assert how in ('empty', 'half')
        assert have == set(everything(server))
    else:
        assert done.faults == ['state']
        assert path.read_bytes() == before or how == 'half'
        assert str(path) in done.out + done.err


def test_state_is_private(desk, make_server):
    """C22: 0600 from its creation, in a directory of 0700"""
    modes = []

    def look(session, rest):
        modes.extend((p, p.stat().st_mode & 0o777)
                     for p in [desk.state, *desk.state.rglob('*')])
        del session.knobs['replies']['RETR 1']
        session.on_retr(rest)
        return b''

    server = make_server(replies={'RETR 1': look})
    desk.account('work', server).fetch()
    assert modes and not [m for m in modes if m[1] & 0o077], modes


def test_state_that_cannot_be_written(desk, make_server):
    """C22: nothing is fetched, and it says where"""
    server = make_server()
    desk.state.mkdir()
    desk.account('work', server, keep='no').write()
    who = []
    if os.geteuid() == 0:       # who may write everywhere
        who = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
        for path in (desk.dir, *desk.dir.rglob('*')):
            os.chown(path, 65534, 65534)
    desk.state.chmod(0o500)
    done = desk.fetch(status='bad', before=who)
    assert done.faults == ['state'] and not desk.mail()
    assert str(desk.state) in done.out + done.err
    server.settle()
    assert len(server.drop.messages) == 3


def test_state_many_rows(desk, make_server):
    """C22: many known messages, and nothing but the new one is fetched"""
    server = make_server(3)
    rows = ''.join(f'{i} id-{i}\r\n' for i in range(1, 20001))
    sizes = ''.join(f'{i} 100\r\n' for i in range(1, 20001))
    server.knobs['replies'] = {
        'UIDL': b'+OK\r\n' + rows.encode() + b'.\r\n',
        'LIST': b'+OK\r\n' + sizes.encode() + b'.\r\n',
        'RETR': b'+OK\r\nSubject: x\r\n\r\nx\r\n.\r\n'}
    desk.account('work', server, destination='discard').fetch()
    assert len(server.last.commands) > 20000
    desk.fetch()
    assert not [c for c in server.last.commands if c.startswith('RETR')]
    rows += '20001 newest\r\n'
    sizes += '20001 100\r\n'
    server.knobs['replies'].update({
        'UIDL': b'+OK\r\n' + rows.encode() + b'.\r\n',
        'LIST': b'+OK\r\n' + sizes.encode() + b'.\r\n'})
    desk.fetch()
    assert [c for c in server.last.commands if c.startswith('RETR')] == [
        'RETR 20001']


# ---- memory ----------------------------------------------------------------

def peak(desk, *args):
    """Kilobytes that a run needed at most."""
    desk.write()
    env = desk.environment(**{
        **SANITIZERS, 'ASAN_OPTIONS': SANITIZERS['ASAN_OPTIONS'] +
        ':quarantine_size_mb=1'})
    process = subprocess.Popen(
        [desk.binary, '--config', desk.config, '-q', *args], env=env,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss, process.returncode


@pytest.mark.parametrize('what', ['greeting', 'status-line', 'header', 'line',
                                  'uidl', 'list', 'capa', 'challenge'])
def test_endless(desk, make_server, what):
    """C-28 C01 C08 C12: bounded, whatever never ends"""
    server = make_server(2, mechs=())
    desk.account('work', server, timeout='10s', keep='no')
    base, status = peak(desk, 'fetch')
    assert status == 0
    # rows are looked up one by one, which takes its time
    size = 6 << 20 if what in ('uidl', 'list') else 48 << 20

    def many(start, piece):
        def reply(session, _):
            session.say(start)
            session.flush()
            block = piece * (65536 // len(piece))
            for _ in range(size // len(block)):
                session.write(block)
            session.cut('fin')
        return reply

    key, start, piece = {
        'greeting': ('greeting', b'+OK ', b'x'),
        'status-line': ('UIDL', b'+OK ', b'x'),
        'header': ('RETR', b'+OK\r\n', b'X-More: of the same\r\n'),
        'line': ('RETR', b'+OK\r\nSubject: x\r\n\r\n', b'x'),
        'uidl': ('UIDL', b'+OK\r\n', b'1 abcdef\r\n'),
        'list': ('LIST', b'+OK\r\n', b'1 100\r\n'),
        'capa': ('CAPA', b'+OK\r\n', b'X-MORE of the same\r\n'),
        'challenge': ('USER', b'+OK ', b'QUJD')}[what]
    server.drop.add(b'Subject: 3\r\n\r\n3\r\n')
    server.knobs['replies'] = {key: many(start, piece)}
    more, status = peak(desk, 'fetch')
    server.settle()
    assert status != 0
    assert more < base + (12 << 10), f'{more} kB, at first {base} kB'
    assert len(server.drop.messages) == 1
    assert not desk.leftovers()


# ---- signals ---------------------------------------------------------------

@pytest.mark.parametrize('sig', [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_the_middle(desk, make_server, sig):
    """P14: SIGTERM ends it soon and cleanly; the rest follows later"""
    running = []
    there = threading.Event()

    def stop(session, rest):
        there.wait(30)
        running[0].send_signal(sig)
        del session.knobs['replies']['RETR 5']
        session.on_retr(rest)
        return b''

    server = make_server(10)
    server.once.append({'replies': {'RETR 5': stop}})
    desk.account('work', server, keep='no').write()
    with open(desk.dir / 'out', 'wb') as out:
        running.append(subprocess.Popen(
            [desk.binary, '--config', desk.config, 'fetch'], stdout=out,
            stderr=out, stdin=subprocess.DEVNULL,
            env=desk.environment(**SANITIZERS)))
        there.set()
        status = running[0].wait(30)
    server.settle()
    assert status >= 0, (desk.dir / 'out').read_text()
    desk.fetch()
    server.settle()
    assert sorted(desk.mail()) == sorted(stored(m) for m in letters(10))
    assert not server.drop.messages and not desk.leftovers()


def test_nothing_listens(desk):
    """C01: a refused connection is said, with what to do"""
    with PopServer({}) as server:
        pass
    desk.account('work', server)
    done = desk.fetch(status=69)
    assert done.faults == ['connect']
