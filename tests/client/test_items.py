# SPDX-License-Identifier: ISC
"""What other fetchers get wrong: "item 1" to "item 11" (facts of 2026).

Each of these was seen to fail with mpop, getmail6, fetchmail, curl or
Thunderbird.  (item 12, import, is tests/unit/client's and interop's.)
"""
import json
import os
import re
import sqlite3
import subprocess
import threading

import pytest

import certs
from desk import letters, stored
from faults import Bench
from fetchers import Restante
from popscript import Drop


def same(desk, raw, name='work', kind='maildir'):
    """Each of these once, octet for octet."""
    return sorted(desk.mail(name, kind)) == sorted(stored(m) for m in raw)


# ---- item 1 ----------------------------------------------------------------

@pytest.mark.parametrize('keep', [True, False], ids=['keep', 'delete'])
def test_killed_after_k_messages(tmp_path, keep, record_property):
    """item 1: kill -9 while message k of 10 is on its way, for every k"""
    with Bench(Restante, tmp_path / 'home', letters(10), keep=keep) as bench:
        for k in range(1, 11):
            bench.fresh()
            asked = threading.Event()

            def hold(session, _, asked=asked):
                session.flush()     # all before it is on its way
                asked.set()
                session.cut('stall')

            bench.server.once.append({'replies': {f'RETR {k}': hold}})
            process = subprocess.Popen(
                [str(a) for a in bench.fetcher.command()],
                env=bench.fetcher.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            assert asked.wait(30)
            process.kill()
            process.wait()
            bench.server.settle()
            bench.right_behind(f'at {k}')
            bench.afterwards(f'at {k}')
        record_property('points', str(bench.tally))
        bench.tally.check()


# ---- item 2 ----------------------------------------------------------------

@pytest.mark.parametrize('how', ['fin', 'rst', 'notify'])
@pytest.mark.parametrize('tls', ['none', 'implicit'])
@pytest.mark.parametrize('pipelining', ['off', 'auto'])
def test_cut_in_a_message(desk, make_server, how, tls, pipelining):
    """item 2: not delivered, an error, no file left, and at once; or, as a
    server may not be able to pipeline, all of it by another connection"""
    server = make_server(3, tls=tls, cert=certs.certificate())
    server.once.append({'cut_retr': ('u0002', 60, how)})
    desk.account('work', server, timeout='60s', tls_name='localhost',
                 ca_file=certs.authority()[0], keep='no',
                 pipelining=pipelining)
    done = desk.fetch(status='any', timeout=30)
    server.settle()
    assert not desk.leftovers()
    if done.status == 0 and pipelining == 'auto':
        assert len(server.sessions) == 2 and same(desk, letters(3))
        return
    assert done.status == 75 and done.faults == ['lost']
    have = desk.mail()
    assert all(m in [stored(x) for x in letters(3)] for m in have)
    assert stored(letters(3)[1]) not in have
    desk.fetch()
    assert same(desk, letters(3))
    assert server.retrieved()['u0002'] == 1


# ---- item 3 ----------------------------------------------------------------

def test_poisoned_message(desk, make_server):
    """item 3: one that cannot be had does not keep the others"""
    server = make_server(10, poison=('u0004',))
    desk.account('work', server)
    done = desk.fetch(status=75)
    assert len(desk.mail()) == 9
    failed = [e for e in done.of('message') if e['fate'] == 'failed']
    assert [e['uidl'] for e in failed] == ['u0004']
    assert failed[0]['fault'] == 'message'
    status = desk.run('status', json_=False)
    assert status.status == 0 and re.search(r'\b1\b', status.out), status
    # back-off: it is not asked for again at once
    server.reset()
    desk.fetch(status='any')
    assert sum(server.retrieved().values()) == 0
    assert len(desk.mail()) == 9


# ---- items 4 and 5 ---------------------------------------------------------

@pytest.mark.parametrize('once', [
    {'uidl': 'err'}, {'uidl': 'empty'}, {'list': 'empty'},
    {'uidl': 'empty', 'list': 'empty'}, {'uidl': ('short', 3)},
    {'uidl': ('short', 3), 'list': ('short', 3)}, {'list': 'err'},
    {'uidl': 'none'}, {'uidl': 'same'}], ids=str)
@pytest.mark.parametrize('keep', ['yes', '1d', 'newest 100'])
def test_one_bad_listing(desk, make_server, once, keep):
    """item 4: nothing is fetched again because of one bad listing"""
    server = make_server(10)
    desk.account('work', server, keep=keep).fetch()
    server.reset()
    server.once.append(once)
    desk.fetch(status='any')
    server.settle()
    new = server.drop.add(b'Subject: new\r\n\r\nnew\r\n')
    desk.fetch()
    desk.fetch()
    assert server.retrieved() == {new.uid: 1}
    assert len(desk.mail()) == 11 and len(server.drop.messages) == 11


@pytest.mark.parametrize('how', ['close', 'stall', 'keep', 'mute', 'err'])
def test_quit_goes_wrong(desk, make_server, how):
    """item 5: QUIT unanswered, or acknowledged and nothing expunged"""
    server = make_server(10)
    server.once.append({'quit': how})
    desk.account('work', server, keep='no', timeout='1s')
    done = desk.fetch(status='any')
    # what was acknowledged is no error
    assert (done.status == 0) == (how == 'keep'), done
    if how != 'keep':
        assert done.faults == ['quit']
    assert same(desk, letters(10))
    desk.fetch()
    server.settle()
    assert same(desk, letters(10))
    assert set(server.retrieved().values()) == {1}
    assert not server.drop.messages


def test_server_that_never_expunges(desk, make_server):
    """item 5: acknowledged, and all of it is there again, every time"""
    server = make_server(5, quit='keep')
    desk.account('work', server, keep='no')
    for _ in range(4):
        desk.fetch()
    assert same(desk, letters(5))
    assert set(server.retrieved().values()) == {1}


def test_changed_uidls(desk, make_server):
    """item 5, P18: the server has moved; its messages are recognised"""
    server = make_server(30)
    desk.account('work', server).fetch()
    server.reset()
    for i, m in enumerate(server.drop.messages):
        m.uid = f'moved.{i}'
    new = server.drop.add(b'Subject: new\r\n\r\nnew\r\n')
    done = desk.fetch()
    assert server.retrieved() == {new.uid: 1}
    assert same(desk, [*letters(30), new.raw])
    assert 'adopted' in done.out
    desk.fetch()
    assert server.retrieved() == {new.uid: 1}
    assert not server.last.topped


def test_changing_uidls(desk, make_server):
    """P18: other UIDLs at each visit: nothing is lost, nothing deleted"""
    server = make_server(8, uidl='changing')
    desk.account('work', server)
    for _ in range(3):
        desk.fetch(status='any')
    assert {*desk.mail()} == {stored(m) for m in letters(8)}
    assert len(desk.mail()) == 8 and len(server.drop.messages) == 8


# ---- item 6 ----------------------------------------------------------------

TRICKY = {
    'leading dots': b'Subject: x\r\n\r\n.\r\n..\r\n...\r\n.a\r\n..b\r\n',
    'dot first': b'.\r\n\r\n.\r\n',
    'From lines': b'From x\r\n\r\nFrom y\r\n>From z\r\n>>From\r\nFrom\r\n',
    'NUL': b'Subject: \0\r\n\r\na\0\0b\r\n\0',
    'bare CR': b'Subject: x\r\n\r\na\rb\r\rc\r\r\n\r\r\nd\r',
    'bare LF': b'Subject: x\r\n\r\na\nb\n\nc\n.\nd\n..\n',
    '8 bit': b'Subject: \xff\xfe\r\n\r\n' + bytes(range(128, 256)) + b'\r\n',
    'no final newline': b'Subject: x\r\n\r\nthe end',
    'long line': b'Subject: x\r\n\r\n' + b'y' * 9000 + b'\r\nz\r\n',
    'very long line': b'Subject: x\r\n\r\n' + b'y' * 300000 + b'.\r\n.\r\n',
    'trailing blanks': b'Subject: x \t\r\n\r\na  \r\n\t\r\n \r\n\r\n\r\n',
    'nothing': b'', 'one octet': b'x', 'one line end': b'\r\n',
    'header alone': b'Subject: x\r\n', 'no header': b'\r\nbody\r\n',
    'CR at the end': b'Subject: x\r\n\r\na\r',
    'dot and CR': b'Subject: x\r\n\r\n.\r.\r\n.\r\r\n',
}


@pytest.mark.parametrize('kind', ['maildir', 'mbox'])
def test_octets(desk, make_server, kind):
    """item 6: what was sent is what is stored, but for CRLF"""
    server = make_server(list(TRICKY.values()))
    desk.account('work', server, kind).fetch()
    have = sorted(desk.mail('work', kind))
    wrong = [name for name, raw in TRICKY.items() if stored(raw) not in have]
    assert not wrong and same(desk, TRICKY.values(), 'work', kind)


def test_octets_with_crlf(desk, make_server):
    """item 6: line_ends = crlf keeps every octet"""
    server = make_server(list(TRICKY.values()))
    desk.account('work', server, line_ends='crlf').fetch()

    def whole(raw):
        return raw if not raw or raw.endswith(b'\r\n') else raw + b'\r\n'
    assert sorted(desk.mail()) == sorted(whole(m) for m in TRICKY.values())


@pytest.mark.parametrize('start', [1, 4090, 8180, 16370, 32750, 65520])
def test_dot_behind_any_boundary(desk, make_server, start):
    """item 6: a dot right behind a buffer's end (fetchmail loses the rest)"""
    mails = [b'Subject: %d\r\n\r\n' % n + b'x' * n + b'.\r\n.\r\n' +
             b'y' * n + b'\r\n..tail\r\n' for n in range(start, start + 24)]
    server = make_server(mails)
    desk.account('work', server).fetch()
    assert same(desk, mails)


# ---- item 7 ----------------------------------------------------------------

@pytest.mark.parametrize('tls', ['none', 'start', 'implicit'])
def test_nothing_new_costs_four_round_trips(desk, make_server, tls):
    """item 7: greeting, login, UIDL and LIST, QUIT"""
    server = make_server(300, latency=0.1, tls=tls, cert=certs.certificate())
    desk.account('work', server, tls_name='localhost',
                 ca_file=certs.authority()[0], destination='discard').fetch()
    desk.fetch()
    last = server.last
    assert not last.retrieved and last.quit
    trips = last.since_tls if tls != 'none' else last.round_trips
    # the last one is the wait for the end of the connection behind QUIT
    assert trips <= 4, last.commands


def test_tls_session_is_resumed(desk, make_server):
    """item 7: the handshake of the second visit is a short one"""
    server = make_server(tls='implicit', cert=certs.certificate())
    desk.account('work', server, tls_name='localhost',
                 ca_file=certs.authority()[0])
    for _ in range(3):
        desk.fetch()
    server.settle()
    assert [s.reused for s in server.sessions] == [False, True, True]


# ---- item 8 ----------------------------------------------------------------

@pytest.mark.parametrize('knob', [{'interleave': True}, {'hangup': 'retr'},
                                  {'hangup': True}], ids=str)
def test_server_that_cannot_pipeline(desk, make_server, knob):
    """item 8: once more without, in the same run; and remembered"""
    server = make_server(30, **knob)
    desk.account('work', server).fetch()
    assert same(desk, letters(30))
    assert max(server.retrieved().values()) <= 2
    tries = len(server.sessions)
    assert tries <= 2
    for m in letters(40)[30:]:
        server.drop.add(m)
    server.reset()
    desk.fetch()
    server.settle()
    assert len(server.sessions) == 1, 'it was not remembered'
    assert same(desk, letters(40))


def test_pipelining_is_used(desk, make_server):
    """item 8: fewer waits than messages when the server can"""
    server = make_server(200, latency=0.01)
    desk.account('work', server).fetch()
    assert server.last.round_trips < 40


# ---- item 9 ----------------------------------------------------------------

@pytest.mark.parametrize('tls', ['start', 'implicit'])
def test_certificates_are_checked(desk, make_server, tls):
    """item 9: with nothing but the system's authorities, ours is refused"""
    server = make_server(tls=tls, cert=certs.certificate())
    desk.account('work', server)
    done = desk.fetch(status=76)
    assert done.faults == ['certificate']
    assert b'PASS' not in server.last.raw_in


@pytest.mark.parametrize('form', ['key', 'certificate'])
@pytest.mark.parametrize('good', [True, False])
def test_pin(desk, make_server, form, good):
    """item 9: a pin is enough, and a wrong one is too much"""
    cert = certs.certificate(own=True)
    if form == 'key':
        pin = 'sha256:' + certs.public_key_pin(
            cert[0] if good else certs.authority()[0])
    else:
        pin = 'cert-sha256:' + certs.fingerprint(
            cert[0] if good else certs.authority()[0])
    server = make_server(tls='implicit', cert=cert)
    desk.account('work', server, pin=pin)
    done = desk.fetch(status=0 if good else 76)
    assert done.faults == ([] if good else ['pin'])
    assert good or b'PASS' not in server.last.raw_in


# ---- item 10 ---------------------------------------------------------------

def token_script(desk, first, later):
    """Prints `later` when it is told that the first was refused."""
    script = desk.dir / 'token'
    script.write_text(f'#!/bin/sh\necho x >> "$HOME/asked"\n'
                      f'if [ "$RESTANTE_REFUSED" = 1 ]; then echo {later}\n'
                      f'else echo {first}\nfi\n')
    script.chmod(0o755)
    return script


@pytest.mark.parametrize('mech', ['XOAUTH2', 'OAUTHBEARER'])
def test_long_token_in_two_lines(desk, make_server, mech):
    """item 10: 8 KB do not fit behind AUTH"""
    token = 'T' * 8192
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=(mech,), user=False, tokens=(token,),
                         max_line=0)
    desk.account('work', server, password=None, auth=mech,
                 token_command=token_script(desk, token, token),
                 tls_name='localhost', ca_file=certs.authority()[0]).fetch()
    assert server.last.mechanism == mech
    assert f'AUTH {mech}' in server.last.commands


@pytest.mark.parametrize('mech', ['XOAUTH2', 'OAUTHBEARER'])
def test_expired_token(desk, make_server, mech):
    """item 10: a newer one is asked for, once, in the same run"""
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=(mech,), user=False, tokens=('new',))
    desk.account('work', server, password=None, auth=mech,
                 token_command=token_script(desk, 'old', 'new'),
                 tls_name='localhost', ca_file=certs.authority()[0]).fetch()
    assert (desk.dir / 'asked').read_text() == 'x\nx\n'
    assert same(desk, letters(3))


def test_token_that_stays_bad(desk, make_server):
    """item 10: two tries, no more: mailboxes get locked"""
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=('XOAUTH2',), user=False, tokens=('new',))
    desk.account('work', server, password=None, auth='XOAUTH2',
                 token_command=token_script(desk, 'old', 'older'),
                 tls_name='localhost', ca_file=certs.authority()[0])
    done = desk.fetch(status=77)
    assert done.faults == ['auth']
    server.settle()
    assert sum('AUTH' in c for s in server.sessions for c in s.commands) == 2


def test_password_where_only_tokens_work(desk, make_server):
    """item 10: it says so"""
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=('XOAUTH2', 'OAUTHBEARER'), user=False)
    desk.account('work', server, tls_name='localhost',
                 ca_file=certs.authority()[0])
    assert desk.fetch(status=77).faults == ['wants-oauth']


# ---- item 11 ---------------------------------------------------------------

def test_accounts_at_once(desk, make_server):
    """item 11: as long as the slowest, which here waits for the others"""
    servers = [make_server(5) for _ in range(6)]
    gone = threading.Semaphore(0)

    def hold(session, rest):
        # the first is answered when all others have had their QUIT
        for _ in servers[1:]:
            assert gone.acquire(timeout=30)
        del session.knobs['replies']['RETR 1']
        session.on_retr(rest)
        return b''

    def leave(session, rest):
        gone.release()
        session.on_quit(rest)

    servers[0].knobs['replies'] = {'RETR 1': hold}
    for server in servers[1:]:
        server.knobs['replies'] = {'QUIT': leave}
    for i, server in enumerate(servers):
        desk.account(f'a{i}', server)
    desk.fetch()
    for i in range(6):
        assert same(desk, letters(5), f'a{i}')


def test_one_bad_account_delays_nobody(desk, make_server):
    """item 11: the others are fetched; the status says that one failed"""
    good, bad = make_server(5), make_server(5, login=b'-ERR [AUTH] no')
    silent = make_server(5, greeting=b'')
    silent.knobs['cut'] = (0, 'stall')
    silent.knobs['greeting'] = b'+OK'
    desk.account('good', good).account('bad', bad)
    desk.account('silent', silent, timeout='1s')
    done = desk.fetch(status=1)
    assert same(desk, letters(5), 'good')
    assert set(done.faults) == {'auth', 'timeout'}


def test_cap_for_each_host(desk, make_server):
    """item 11: no more than so many at one server at once"""
    users = {f'u{i}': ('secret', Drop(letters(4))) for i in range(9)}
    server = make_server(users['u0'][1], users=users, slow=0.02)
    desk.settings['connections_per_host'] = 2
    for name in users:
        desk.account(name, server, user=name)
    desk.fetch()
    assert server.most_at_once <= 2
    for name in users:
        assert same(desk, letters(4), name)


# ---- the rest of what the commands promise ---------------------------------

def test_nothing_new_is_success(desk, make_server):
    server = make_server(0)
    desk.account('work', server)
    done = desk.fetch()
    assert done.of('end') and not done.faults
    quiet = desk.run('-q', 'fetch', json_=False)
    assert (quiet.status, quiet.out, quiet.err) == (0, '', '')


def test_dry_run(desk, make_server):
    """says what would be done, and does not"""
    server = make_server(5)
    desk.account('work', server, keep='no')
    done = desk.fetch('--dry-run')
    assert len(done.of('message')) == 5
    assert all(e['dry'] for e in done.of('message'))
    server.settle()
    assert not server.retrieved() and len(server.drop.messages) == 5
    assert not desk.mail() and not (desk.state / 'work.db').exists()


@pytest.mark.parametrize('keep,days,left', [
    ('newest 3', 0, 3), ('newest 0', 0, None), ('14d', 0, 10)])
def test_keep(desk, make_server, keep, days, left):
    server = make_server(10)
    desk.account('work', server, keep=keep)
    done = desk.fetch(status='any')
    if left is None:
        assert done.status in (0, 78)
        return
    desk.fetch()
    server.settle()
    assert [m.uid for m in server.drop.messages] == \
        [f'u{i:04d}' for i in range(11 - left, 11)]
    assert same(desk, letters(10))


def test_deleted_after_days(desk, make_server):
    """keep = 14d, as the clock of the state has it"""
    server = make_server(10)
    desk.account('work', server, keep='14d').fetch()
    with sqlite3.connect(desk.state / 'work.db') as db:
        tables = [r[0] for r in db.execute(
            "select name from sqlite_master where type = 'table'")]
        changed = 0
        for t in tables:
            columns = [r[1] for r in db.execute(f'pragma table_info({t})')]
            if 'first_seen' in columns:
                changed += db.execute(
                    f'update {t} set first_seen = first_seen - 15 * 86400 '
                    'where first_seen > 0').rowcount
    assert changed >= 10
    server.drop.add(b'Subject: new\r\n\r\nnew\r\n')
    desk.fetch()
    server.settle()
    assert server.drop.uids() == ['u0011']
    assert len(desk.mail()) == 11


def test_rules(desk, make_server):
    mails = [b'List-Id: <restante.example.org>\r\nSubject: l\r\n\r\nl\r\n',
             b'Subject: big\r\n\r\n' + b'x' * 5000 + b'\r\n',
             b'Subject: junk mail\r\n\r\nj\r\n', *letters(2)]
    server = make_server(mails)
    desk.account('work', server)
    desk.rule('lists', header='List-Id: *restante*',
              destination=f'maildir:{desk.dir}/lists')
    desk.rule('big', larger='4k', action='skip')
    desk.rule('junk', header_regex='Subject: ^junk', action='delete')
    done = desk.fetch()
    server.settle()
    assert same(desk, mails[3:])
    assert same(desk, mails[:1], 'lists')
    assert server.drop.uids() == ['u0001', 'u0002', 'u0004', 'u0005']
    assert 'u0002' not in server.retrieved()
    fates = {e['uidl']: e['fate'] for e in done.of('message')}
    assert (fates['u0002'], fates['u0003']) == ('skipped', 'dropped')


@pytest.mark.parametrize('code,kept,apart,left', [
    (0, 3, 0, 0), (1, 0, 3, 0), (99, 0, 0, 0), (75, 0, 0, 3)])
def test_scan(desk, make_server, code, kept, apart, left):
    server = make_server(3)
    script = desk.dir / 'scan'
    script.write_text(f'#!/bin/sh\ncat > "$HOME/last"\nexit {code}\n')
    script.chmod(0o755)
    desk.account('work', server, keep='no', scan=script,
                 quarantine=f'maildir:{desk.dir}/apart')
    desk.fetch(status='any')
    server.settle()
    assert (len(desk.mail()), len(desk.mail('apart')),
            len(server.drop.messages)) == (kept, apart, left)
    assert (desk.dir / 'last').read_bytes().replace(b'\r', b'') in [
        stored(m) for m in letters(3)]


def test_json_is_one_object_a_line(desk, make_server):
    server = make_server(3, poison=('u0002',))
    desk.account('work', server)
    done = desk.fetch(status=75)
    for line in done.out.splitlines():
        assert isinstance(json.loads(line), dict)
    kinds = [e['event'] for e in done.events]
    for kind in ('start', 'connected', 'login', 'listed', 'message', 'end'):
        assert kind in kinds
    assert all(e['account'] == 'work' for e in done.of('message'))


@pytest.mark.parametrize('tls', ['none', 'start', 'implicit'])
def test_json_says_what_is_encrypted(desk, make_server, tls):
    server = make_server(1, tls=tls, cert=certs.certificate())
    desk.account('work', server, ca_file=certs.authority()[0])
    login, = desk.fetch().of('login')
    assert login.get('tls') == (None if tls == 'none' else 'TLSv1.3')
    assert (', no TLS' in desk.run('fetch', '-v', json_=False).err) \
        == (tls == 'none')


def test_list_and_show(desk, make_server):
    server = make_server(3)
    desk.account('work', server)
    listing = desk.run('list', 'work', json_=False)
    assert listing.status == 0 and 'letter 2' in listing.out, listing
    shown = desk.run('show', 'work', '2', json_=False)
    assert shown.status == 0 and 'Subject: letter 2' in shown.out
    assert not desk.mail() and len(server.drop.messages) == 3
    assert os.path.exists(desk.config)


def test_show_by_number(desk, make_server):
    """N is what list shows, also where a UIDL looks like a number"""
    drop = Drop()
    for mail, uid in zip(letters(3), ('2', '3', 'x'), strict=True):
        drop.add(mail, uid)
    desk.account('work', make_server(drop))
    for word, letter in (('1', 1), ('2', 2), ('3', 3), ('x', 3)):
        shown = desk.run('show', 'work', word, json_=False)
        assert f'Subject: letter {letter}\n' in shown.out, (word, shown)


def test_listing_in_json_is_ascii(desk, make_server):
    mail = 'From: Jörg <j@example.net>\r\nSubject: Grüße\r\n\r\nx\r\n'
    desk.account('work', make_server([mail.encode()]))
    done = desk.run('list', 'work')
    assert done.raw.isascii()
    row, = done.of('listed-message')
    assert (row['from'], row['subject']) == ('Jörg <j@example.net>', 'Grüße')


def test_show_on_a_terminal(desk, make_server):
    """C14: what could move the cursor or turn the text, and only that"""
    mail = ('Subject: x\r\n\r\nÄÖÜß Àé 漢字 \t|\r\n'
            '\x1b[2J \u009b2J \u202egpj\r\n').encode()
    desk.account('work', make_server([mail + b'\x9b2J \xe4\xc3\r\n\xe2\x82']))
    done = desk.run_on_terminal('show', 'work', '1')
    assert done.status == 0
    assert 'ÄÖÜß Àé 漢字' in done.out
    assert rb'\x1b[2J \u009b2J \u202egpj' in done.raw
    assert rb'\x9b2J \xe4\xc3' in done.raw and rb'\xe2\x82' in done.raw


def test_daemon_once(desk, make_server):
    server = make_server(3)
    desk.account('work', server)
    done = desk.run('daemon', '--once')
    assert done.status == 0, done
    assert same(desk, letters(3))
