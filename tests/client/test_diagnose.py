# SPDX-License-Identifier: ISC
"""restante check HOST and ACCOUNT: every line seen ok, and at fault.

A row of ROWS is one run against two scripted servers, one for each of the two
ports; what it names must be so, the rest is the business of other rows.
"""
import contextlib
import fcntl
import itertools
import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings

import pytest

import certs
from desk import BUILD, HAVE_CLIENT, RESTANTE, SANITIZERS, letters
from fakenet import FakeNet
from ports import free_port
from popscript import Drop, PopServer, Session

pytestmark = pytest.mark.skipif(not HAVE_CLIENT, reason='not built')
HOSTS = BUILD / 'tests' / 'client' / 'hosts.so'
DISCOVER = BUILD / 'src' / 'client' / 'restante-discover'
PASSWORD = 'hush-4711'
# in clear, and as AUTH PLAIN has it: must not be seen where it should not
SECRETS = (b'hush-4711', b'AHdyZW4AaHVzaC00NzEx')
PLAIN_CAPA = ['TOP', 'UIDL', 'SASL PLAIN', 'PIPELINING', 'RESP-CODES']
CERTIFICATES = {}


class Server(Session):
    """A session with faults that the knobs of popscript do not have."""

    injected = False        # what stood in clear behind STLS is executed
    inside = None           # CAPA behind the login
    busy = None             # octets: the answer to a second login
    only_tls = True         # USER and PASS in clear are refused

    def on_stls(self, rest):
        kept = self._buffer
        super().on_stls(rest)
        if self.injected:
            self._buffer = kept

    def _capabilities(self):
        if self.user is not None and self.inside is not None:
            return self.inside
        capa = super()._capabilities()
        if not self.tls and self.only_tls:
            capa = [c for c in capa if c.split()[0] not in ('USER', 'SASL')]
        return capa

    def on_user(self, name):
        if not self.tls and self.only_tls:
            self.put(b'-ERR not without TLS')
        else:
            super().on_user(name)

    def enter(self, user, mechanism):
        drop = self.server.users[user][1]
        if self.busy and drop.lock.locked():
            self.put(self.busy)
        else:
            super().enter(user, mechanism)


def certificate(*args, **more):
    """Each kind is made once."""
    what = str((args, more))
    if what not in CERTIFICATES:
        CERTIFICATES[what] = certs.certificate(*args, **more)
    return CERTIFICATES[what]


def small_key():
    """Signed by itself, with RSA of 1024 bits."""
    stem = certs.folder() / 'small'
    cert, key = stem.with_suffix('.pem'), stem.with_suffix('.key')
    if not cert.exists():
        certs.openssl('req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-sha1',
                      '-subj', '/CN=localhost', '-days', '60', '-addext',
                      'subjectAltName=DNS:localhost', '-keyout', key, '-out',
                      cert)
    return cert, key


def old_tls(context):
    context.set_ciphers('ALL:@SECLEVEL=0')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1


def tls12(context):
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def no_tickets(context):
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET


class Port(PopServer):
    """With any key, and with its TLS ready before two sessions want it."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.set_ciphers('DEFAULT:@SECLEVEL=0')
        c.load_cert_chain(*self.cert)
        c.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.tls_options:
            self.tls_options(c)
        self._context = c


class Seen:
    """What one run said."""

    def __init__(self, done):
        self.done, self.lines = done, {}
        for e in done.of('check'):
            assert e['name'] not in self.lines, f'twice: {e}'
            self.lines[e['name']] = e
            wanted = e['status'] in ('warning', 'fault')
            assert not wanted or e.get('remedy'), f'no remedy: {e}'
        counts = {}
        for e in self.lines.values():
            counts[e['status']] = counts.get(e['status'], 0) + 1
        assert done.of('check-summary'), str(done)
        [self.summary] = done.of('check-summary')
        assert [self.summary[k] for k in (
            'ok', 'warnings', 'faults', 'skipped')] == [
            counts.get(k, 0) for k in ('ok', 'warning', 'fault', 'skipped')]
        assert done.status == (1 if counts.get('fault') else 0), str(done)
        assert self.summary['exit_status'] == done.status

    def status(self, name):
        return self.lines[name]['status']

    def wrong(self):
        """Names of all that is neither ok nor skipped."""
        return {n: e['status'] for n, e in self.lines.items()
                if e['status'] in ('warning', 'fault')}


class World:
    """Two ports of one server, and somebody who looks at it."""

    def __init__(self, desk, stack):
        self.desk, self.stack = desk, stack
        self.drop = Drop(letters(3))
        self.tls = self.clear = None

    def serve(self, tls=True, clear=True, cert=None, clear_cert=None,
              session=None, **more):
        """`tls`, `clear`: False, or knobs of that port alone."""
        users = {'wren': (PASSWORD, self.drop)}
        kind = type('Odd', (Server,), session or {})
        cert = cert or certificate()
        for name, how, port_cert in (
                ('tls', tls, cert), ('clear', clear, clear_cert or cert)):
            if how is False:
                continue
            knobs = {'tls': 'implicit' if name == 'tls' else 'start',
                     **more, **(how if isinstance(how, dict) else {})}
            knobs.setdefault('session', kind)
            setattr(self, name, self.stack.enter_context(
                Port(users, cert=port_cert, **knobs)))
        return self

    def args(self, host='127.0.0.1', user='wren', ca=True, name='localhost'):
        out = ['check', host]
        if self.tls:
            out += ['--tls-port', self.tls.port]
        if self.clear:
            out += ['--port', self.clear.port]
        if user:
            out += ['--user', user, '--password-command', f'echo {PASSWORD}']
        if ca:
            out += ['--ca-file', certs.authority()[0]]
        return out + (['--tls-name', name] if name else [])

    def look(self, *more, **how):
        return Seen(self.desk.run(*self.args(**how), *more))

    def sessions(self):
        return [s for server in (self.tls, self.clear) if server
                for s in server.sessions]

    def nothing_lost(self):
        """No message was deleted, nor any command for that sent."""
        assert len(self.drop.messages) == 3
        for s in self.sessions():
            assert not s.asked and not s.expunged
            # who has read ends without QUIT
            assert not (s.retrieved and s.quit)

    def nothing_told(self, done=None):
        """The password went nowhere that it should not."""
        for s in self.sessions():
            for secret in SECRETS:
                assert secret not in s.raw_in, s.dialogue
        for secret in SECRETS:
            assert not done or secret not in done.raw


@pytest.fixture
def world(desk):
    with contextlib.ExitStack() as stack:
        yield World(desk, stack)


# ---- all is well -------------------------------------------------------------

def test_all_ok(world):
    """Each line that these servers have something for."""
    seen = world.serve().look()
    assert seen.wrong() == {}, str(seen.done)
    skipped = {n for n, e in seen.lines.items() if e['status'] == 'skipped'}
    assert skipped == {'names.srv', 'connect.tls.ipv6', 'connect.clear.ipv6',
                       'local.config', 'local.state', 'local.destination',
                       'local.disk'}, skipped
    world.nothing_lost()
    assert 'TLS 1.3, 1.2' in seen.lines['tls.versions']['text']
    assert 'half a handshake' in seen.lines['tls.resumption']['text']
    assert certs.public_key_pin(certificate()[0]) in \
        seen.lines['tls.pin']['text']
    # the names of nobody were sent in clear
    for s in world.clear.sessions:
        if not s.tls:
            assert b'wren' not in s.raw_in
    for secret in SECRETS:
        assert secret not in seen.done.raw


def test_for_people(world):
    """Lines within 80 columns, the remedy below, a sum at the end."""
    world.serve(session={'only_tls': False})
    done = world.desk.run(*world.args(), json_=False)
    assert done.status == 0, str(done)
    lines = done.out.splitlines()
    assert all(len(line) < 80 for line in lines), done.out
    at = next(i for i, x in enumerate(lines) if x.startswith('warning'))
    assert re.match(r'warning  clear\.login +passwords are taken', lines[at])
    assert re.match(r'         \S', lines[at + 2]), done.out
    assert re.fullmatch(r'127\.0\.0\.1: \d+ ok, 1 warning, 0 faults, '
                        r'\d+ skipped', lines[-1]), done.out
    done = world.desk.run('-q', *world.args(), json_=False)
    assert done.out.startswith('warning  clear.login')
    assert '\nok' not in done.out and '127.0.0.1' not in done.out


def test_nobody_logs_in(world):
    """Without a user all that stands behind a login is skipped."""
    seen = world.serve().look(user=None)
    assert seen.wrong() == {}
    for name in ('login.secret', 'login.works', 'drop.uidl', 'mail.size',
                 'server.pipelining', 'drop.two-sessions'):
        assert '--user' in seen.lines[name]['text'], seen.lines[name]
    world.nothing_told()


def test_only(world):
    """--only: the lines of that name, and what they stand on, no more."""
    seen = world.serve().look('--only', 'tls.*')
    assert set(n.split('.')[0] for n in seen.lines) == {'tls'}
    world.nothing_told()
    done = world.desk.run(*world.args(), '--only', 'tsl.*')
    assert done.status == 64 and 'tsl.*' in done.err
    names = [e['name'] for e in world.desk.run('check', '--list')
             .of('check-name')]
    assert len(names) > 40 and names[0] == 'names.ipv4'
    assert world.desk.run('check', '--list', json_=False).out.split() == names


# ---- each thing at fault -----------------------------------------------------

def session(**faults):
    return {'session': faults}


def rows_of(*texts):
    """LIST or UIDL: (number, text) as given."""
    return lambda rows: list(texts)


LONG = 'x' * 71
# (name, how the servers are, {check: status}, part of a text or None)
ROWS = [
    ('cleartext-on-995', {'tls': {'tls': 'none'}},
     {'port.tls': 'fault', 'login.works': 'ok'}, '"+OK ready"'),
    ('not-pop-on-995', {'tls': {'greeting': b'* OK IMAP4 ready'}},
     {'port.tls': 'fault'}, '* OK IMAP4'),
    ('not-pop-on-110', {'clear': {'greeting': b'220 mail ESMTP'}},
     {'port.clear': 'fault'}, '220 mail ESMTP'),
    ('refuses-service', {'clear': {'greeting': b'-ERR too many of you'}},
     {'port.clear': 'fault', 'stls.offered': 'skipped'}, 'too many of you'),
    ('no-stls', {'clear': {'tls': 'none'}},
     {'stls.offered': 'warning', 'stls.handshake': 'skipped'}, None),
    ('no-tls-at-all', {'tls': False, 'clear': {'tls': 'none'}},
     {'stls.offered': 'fault', 'tls.versions': 'skipped',
      'server.capabilities': 'skipped', 'login.secret': 'skipped'}, None),
    ('stls-stripped', {'clear': {'capa': ['UIDL', 'TOP']}},
     {'stls.offered': 'fault', 'stls.handshake': 'ok'}, 'CAPA does not'),
    ('stls-without-capa', {'clear': {'capa': False}},
     {'stls.offered': 'warning', 'stls.handshake': 'ok'}, 'no CAPA'),
    ('capa-hangs-up', {'clear': {'replies': {
        'CAPA': lambda s, _: s.cut('fin')}}},
     {'port.clear': 'ok', 'stls.offered': 'fault'}, 'closed'),
    ('stls-refused', {'clear': {'stls': 'err'}},
     {'stls.offered': 'fault', 'stls.handshake': 'skipped'}, 'refused: no'),
    ('stls-then-nothing', {'clear': {'stls': 'plain'}},
     {'stls.offered': 'ok', 'stls.handshake': 'fault'}, None),
    ('stls-octets-behind', {'clear': {
        'stls': b'+OK go on\r\n+OK in between\r\n'}},
     {'stls.handshake': 'fault', 'login.works': 'ok'}, 'octets behind'),
    ('stls-injected', session(injected=True),
     {'stls.injection': 'fault'}, 'executed'),
    ('stls-announced-inside',
     {'clear': {'capa': ['STLS', 'UIDL', 'SASL PLAIN']}},
     {'stls.capabilities': 'warning'}, 'STLS is still'),
    ('lost-inside-tls', {'clear': {'capa': ['STLS', 'UIDL', 'TOP'],
                                   'capa_tls': ['UIDL', 'SASL PLAIN']}},
     {'stls.capabilities': 'warning'}, 'missing: TOP'),
    ('clear-login', session(only_tls=False),
     {'clear.login': 'warning'}, 'USER is announced, SASL'),
    ('clear-user', {'clear': {'capa': ['STLS', 'UIDL'],
                              'capa_tls': PLAIN_CAPA},
                    **session(only_tls=False)},
     {'clear.login': 'warning'}, 'answered with +OK'),
    ('old-tls', {'tls_options': old_tls},
     {'tls.versions': 'warning', 'login.works': 'ok'}, '1.3, 1.2, 1.1, 1.0'),
    ('no-tls-1.3', {'tls_options': tls12},
     {'tls.versions': 'warning', 'login.works': 'ok'}, 'TLS 1.2'),
    ('no-tickets', {'tls_options': no_tickets},
     {'tls.resumption': 'ok'}, 'a whole handshake'),
    ('expires-soon', {'cert': ('days', 5)},
     {'tls.expiry': 'warning', 'tls.certificate': 'ok'}, 'it expires on'),
    ('expired', {'cert': ('days', -1)},
     {'tls.expiry': 'fault', 'tls.certificate': 'fault', 'tls.name': 'ok',
      'login.secret': 'skipped', 'server.capabilities': 'ok'}, '2020-02-01'),
    ('other-name', {'cert': ('alt', 'DNS:other.example.net')},
     {'tls.name': 'fault', 'tls.certificate': 'ok',
      'login.works': 'skipped'}, 'other.example.net'),
    ('signed-by-itself', {'cert': ('own', True)},
     {'tls.certificate': 'fault', 'login.works': 'skipped'}, 'pin is sha256'),
    ('stranger', {'cert': ('ca', 'other')},
     {'tls.certificate': 'fault'}, 'no way leads'),
    ('two-certificates', {'clear_cert': ('days', 29)},
     {'tls.both-ports': 'warning'}, 'different'),
    ('small-key', {'cert': 'small'},
     {'tls.key': 'fault', 'tls.certificate': 'fault'}, 'RSA of 1024'),
    ('no-capa', {'capa': False, 'mechs': (), 'clear': False},
     {'server.capabilities': 'warning', 'login.works': 'ok'}, 'CAPA'),
    ('no-uidl-announced', {'uidl': 'none'},
     {'server.capabilities': 'warning'}, 'no UIDL'),
    ('oauth-alone', {'mechs': ('XOAUTH2', 'OAUTHBEARER'), 'user': False},
     {'server.mechanisms': 'warning', 'login.works': 'fault'}, 'tokens'),
    ('nothing-to-log-in-by', {'mechs': ('GSSAPI',), 'user': False},
     {'server.mechanisms': 'fault', 'login.works': 'fault'}, 'GSSAPI'),
    ('apop', {'apop': True}, {'server.apop': 'ok'}, 'offered (<'),
    ('expire-0', {'expire': '0'},
     {'server.expire': 'warning', 'mail.size': 'skipped',
      'mail.top': 'ok'}, 'EXPIRE 0'),
    ('expire', {'expire': '30'}, {'server.expire': 'ok'}, '30 days'),
    ('expire-never', {'expire': 'NEVER'}, {'server.expire': 'ok'}, 'NEVER'),
    ('login-delay', {'login_delay': 60},
     {'server.login-delay': 'ok'}, '60 seconds'),
    ('implementation', {'implementation': 'Odd-\x07-Server'},
     {'server.implementation': 'ok'}, 'Odd-?-Server'),
    ('wrong-password', {'login': b'-ERR [AUTH] no such luck'},
     {'login.works': 'fault', 'drop.sizes': 'skipped'}, 'no such luck'),
    ('mailbox-in-use', {'login': b'-ERR [IN-USE] somebody is here'},
     {'login.works': 'warning', 'drop.sizes': 'skipped'}, 'somebody'),
    ('too-often', {'login': b'-ERR [LOGIN-DELAY] wait'},
     {'login.works': 'warning'}, 'more time'),
    ('system', {'login': b'-ERR [SYS/TEMP] disk'},
     {'login.works': 'fault'}, 'problem of its own'),
    ('lost-behind-login', session(inside=['USER', 'RESP-CODES']),
     {'login.capabilities': 'warning'}, 'TOP UIDL'),
    ('no-noop', {'replies': {'NOOP': b'-ERR what?\r\n'}},
     {'drop.round-trip': 'fault'}, 'NOOP is refused'),
    ('stat-count', {'replies': {'STAT': b'+OK 4 500\r\n'}},
     {'drop.sizes': 'fault'}, 'STAT says 4 messages, LIST has 3'),
    ('stat-sum', {'replies': {'STAT': b'+OK 3 7\r\n'}},
     {'drop.sizes': 'warning'}, 'STAT says 7 octets'),
    ('stat-odd', {'replies': {'STAT': b'+OK three\r\n'}},
     {'drop.sizes': 'fault', 'drop.uidl': 'skipped'}, '+OK three'),
    ('list-refused', {'replies': {'LIST': b'-ERR not today\r\n'}},
     {'drop.sizes': 'fault', 'mail.size': 'skipped'}, 'not today'),
    ('list-odd', {'list': rows_of((1, 100), (3, 100), (2, 100))},
     {'drop.sizes': 'fault'}, '3 100'),
    ('uidl-refused', {'replies': {'UIDL': b'-ERR what?\r\n'}},
     {'drop.uidl': 'fault', 'drop.uidl-unique': 'skipped',
      'drop.uidl-stable': 'skipped'}, 'does not work'),
    ('uidl-unknown', {'uidl': 'none',
                      'replies': {'UIDL': b'-ERR what?\r\n'}},
     {'drop.uidl': 'warning'}, None),
    ('uidl-short', {'uidl': ('short', 2)},
     {'drop.uidl': 'fault'}, 'LIST has 3 messages, UIDL 2'),
    ('uidl-long', {'uidl': rows_of((1, 'a'), (2, LONG), (3, 'c'))},
     {'drop.uidl': 'fault'}, '1 of 3'),
    ('uidl-blank', {'uidl': rows_of((1, 'a'), (2, 'b b'), (3, 'c'))},
     {'drop.uidl': 'fault'}, '2 b b'),
    ('uidl-same', {'uidl': 'same'},
     {'drop.uidl-unique': 'fault'}, 'as "same"'),
    ('uidl-changing', {'uidl': 'changing'},
     {'drop.uidl-stable': 'fault', 'drop.uidl-unique': 'ok'}, '3 of 3'),
    ('two-sessions-allowed', {'lock': False},
     {'drop.two-sessions': 'ok'}, 'allowed'),
    ('busy-as-wrong-password', session(busy=b'-ERR [AUTH] wrong'),
     {'drop.two-sessions': 'warning'}, 'as if the password'),
    ('busy-without-code', session(busy=b'-ERR [SYS/TEMP] try later'),
     {'drop.two-sessions': 'warning'}, 'try later'),
    ('size-lies', {'sizes': True},
     {'mail.size': 'fault', 'mail.framing': 'ok'}, 'LIST says 5 octets'),
    ('retr-refused', {'poison': ('u0001', 'u0003')},
     {'mail.size': 'fault'}, 'message 1 is refused'),
    ('dot-not-doubled', {'replies': {
        'RETR 1': b'+OK\r\nSubject: x\r\n\r\n.dot\r\n.\r\n'}},
     {'mail.framing': 'fault', 'mail.size': 'fault'}, 'not doubled'),
    ('lone-dot', {'replies': {
        'RETR 1': b'+OK\r\nSubject: x\r\n\r\n.\r\nrest\r\n.\r\n'}},
     {'mail.framing': 'fault', 'server.pipelining': 'skipped'}, '"rest"'),
    ('bare-lf', {'replies': {
        'RETR 1': b'+OK\r\nSubject: x\n\nline\r\n.\r\n'}},
     {'mail.framing': 'warning'}, 'without CR'),
    ('cut-off', {'cut_retr': ('u0001', 30, 'fin')},
     {'mail.size': 'fault', 'mail.framing': 'fault',
      'mail.top': 'skipped'}, 'closed'),
    ('top-refused', {'replies': {'TOP': b'-ERR no\r\n'}},
     {'mail.top': 'fault'}, 'announced, and refused'),
    ('top-unknown', {'top': False, 'replies': {'TOP': b'-ERR what?\r\n'}},
     {'mail.top': 'ok'}, 'not there'),
    ('top-other', {'replies': {'TOP': b'+OK\r\nSubject: y\r\n\r\n.\r\n'}},
     {'mail.top': 'warning'}, 'not the one of RETR'),
    ('top-unannounced', {'top': False}, {'mail.top': 'ok'}, None),
    ('pipelining-broken', {'hangup': True},
     {'server.pipelining': 'fault'}, 'does not work'),
    ('pipelining-unannounced', {'pipelining': False},
     {'server.pipelining': 'ok'}, 'pipelining = on'),
    ('pipelining-not-there', {'pipelining': False, 'hangup': True},
     {'server.pipelining': 'ok'}, 'not offered'),
]


def given_certificate(how):
    if how == 'small':
        return small_key()
    return certificate(**{how[0]: how[1]}) if how else None


# rows that leave each other in peace, in one run; others run by themselves
TOGETHER = [
    'stls-injected apop stat-sum uidl-long busy-as-wrong-password size-lies '
    'top-other',
    'clear-login expire login-delay stat-count uidl-same '
    'busy-without-code dot-not-doubled top-refused',
    'clear-user list-odd uidl-blank two-sessions-allowed bare-lf '
    'top-unannounced pipelining-unannounced',
    'no-stls uidl-changing lost-behind-login retr-refused '
    'pipelining-not-there',
    'stls-stripped old-tls expires-soon expire-never uidl-short lone-dot',
    'stls-without-capa no-tls-1.3 two-certificates no-noop implementation '
    'top-unknown',
    'stls-refused no-tickets list-refused',
    'stls-then-nothing wrong-password',
    'stls-announced-inside no-uidl-announced uidl-unknown expire-0',
    'lost-inside-tls oauth-alone',
    'cleartext-on-995 uidl-refused',
    'not-pop-on-110 too-often',
    'refuses-service system',
    'not-pop-on-995 cut-off',
]


def bundles():
    alone = {r[0] for r in ROWS} - set(' '.join(TOGETHER).split())
    return [b.split() for b in TOGETHER] + [[name] for name in sorted(alone)]


def joined(names):
    """What the rows of these names want of the servers, as one."""
    how, rows = {}, [r for r in ROWS if r[0] in names]
    assert len(rows) == len(names), names
    for row in rows:
        for key, value in row[1].items():
            if isinstance(value, dict) and key in how:
                value = {**how[key], **value}
            assert key not in how or isinstance(value, dict) or \
                how[key] == value, (key, names)
            how[key] = value
    return how, rows


@pytest.mark.parametrize('names', bundles(), ids='+'.join)
def test_fault(world, names):
    how, rows = joined(names)
    for key in ('cert', 'clear_cert'):
        if key in how:
            how[key] = given_certificate(how[key])
    if how.pop('sizes', False):
        for m in world.drop.messages:
            m.size = 5
    seen = world.serve(**how).look()
    for _, _, wanted, text in rows:
        got = {name: seen.status(name) for name in wanted}
        assert got == wanted, str(seen.done)
        said = ' '.join(seen.lines[n]['text'] for n in wanted)
        assert text is None or text in said, said
    world.nothing_lost()
    if seen.status('login.secret') == 'skipped':
        world.nothing_told()
    for secret in SECRETS:
        assert secret not in seen.done.raw


# (check, connections before it, what it says)
UNTRIED = [('tls.resumption', 2, 'too many of you'),
           ('tls.versions', 5, 'TLS 1.1, 1.0 could not'),
           ('tls.versions', 3, 'TLS 1.3, 1.2, 1.1, 1.0 could not'),
           ('stls.injection', 3, 'too many of you'),
           ('clear.login', 3, 'too many of you'),
           ('drop.two-sessions', 5, 'too many of you')]


@pytest.mark.parametrize('name,most,text', UNTRIED)
def test_crowded(world, name, most, text):
    """A server that counts connections: what was not tried is not ok, nor
    is it at fault."""
    def greet(s, _):
        return b'+OK ready\r\n' if s.number <= most else \
            b'-ERR too many of you\r\n'

    seen = world.serve(tls=False, replies={'greeting': greet}).look(
        '--only', name)
    assert seen.status(name) == 'skipped', str(seen.done)
    assert text in seen.lines[name]['text'], str(seen.done)


def test_every_check_has_a_fault():
    """A check that nothing makes fail would say nothing (bar those that only
    tell)."""
    tell = {'tls.resumption', 'server.apop', 'server.implementation',
            'server.customs'}
    elsewhere = {'names.ipv4', 'names.ipv6', 'names.srv', 'tls.pin',
                 'login.secret', 'server.login-delay',
                 'connect.tls.ipv4', 'connect.tls.ipv6',
                 'connect.clear.ipv4', 'connect.clear.ipv6',
                 'local.config', 'local.state', 'local.destination',
                 'local.disk'}
    named = set(itertools.chain(*(
        (n for n, s in r[2].items() if s in ('warning', 'fault'))
        for r in ROWS)))
    listed = subprocess.run([RESTANTE, 'check', '--list'], check=True,
                            capture_output=True, text=True).stdout.split()
    assert set(listed) - named - tell - elsewhere == set()


# ---- names and ports ---------------------------------------------------------

@pytest.fixture
def net():
    if not (HOSTS.exists() and DISCOVER.exists()):
        pytest.skip('restante-discover is not built')
    with FakeNet() as n:
        yield n


def named_look(world, net, host='pop.example.org', only='names.*'):
    asan = SANITIZERS['ASAN_OPTIONS'] + ':verify_asan_link_order=0'
    return Seen(world.desk.run(
        *world.args(host=host, user=None), '--only', only,
        before=('env', f'ASAN_OPTIONS={asan}', f'LD_PRELOAD={HOSTS}'),
        env={'RESTANTE_TEST_HOSTS': 'pop.example.org',
             **net.environment()}))


@pytest.mark.parametrize('records,status,text', [
    ((('s', 'pop.example.org'), ('', 'pop.example.org')), 'ok',
     '_pop3s: pop.example.org:995'),
    ((), 'ok', 'example.org has none'),
    ((('s', '.'), ('', '.')), 'fault', 'no POP3 server'),
    ((('s', 'pop.provider.example'),), 'warning', 'not all within'),
    ((('', 'pop.example.org'),), 'warning', 'nothing with TLS'),
    ((('s', 'other.example.org'),), 'ok', 'not among them'),
], ids=['both', 'none', 'dot', 'elsewhere', 'clear-alone', 'another'])
def test_srv(world, net, records, status, text):
    """RFC 6186, RFC 8314 section 5.1."""
    for kind, target in records:
        net.srv(f'_pop3{kind}._tcp.example.org', 0, 1,
                995 if kind else 110, target)
    seen = named_look(world.serve(clear=False), net)
    assert seen.status('names.srv') == status, str(seen.done)
    assert text in seen.lines['names.srv']['text']
    assert seen.status('names.ipv4') == 'ok'
    # no web server is asked, and nobody else's name
    assert not net.got
    assert {n.lower() for n, _ in net.asked} == {
        '_pop3s._tcp.example.org', '_pop3._tcp.example.org'}


def test_without_discover(world):
    """Built without it: skipped, and said why."""
    alone = shutil.copy(RESTANTE, world.desk.dir / 'restante')
    world.desk.binary = str(alone)
    seen = Seen(world.desk.run('check', 'pop.example.org', '--only',
                               'names.srv'))
    assert seen.status('names.srv') == 'skipped'
    assert 'restante-discover' in seen.lines['names.srv']['text']


def test_customs(world, net):
    """Of Gmail something is known that no capability tells."""
    seen = named_look(world.serve(clear=False), net, 'pop.gmail.com',
                      'server.customs')
    assert 'recent:' in seen.lines['server.customs']['text']
    assert not world.sessions()


def test_no_such_name(world, net):
    seen = named_look(world.serve(clear=False), net, 'pop.example.net', '*')
    assert seen.status('names.ipv6') == 'fault'
    assert seen.status('connect.tls.ipv4') == 'skipped'
    assert 'no address' in seen.lines['port.tls']['text']


def test_refused(world):
    """Nobody listens on 995; nobody on 110; on neither."""
    world.serve(tls=False)
    port = free_port()
    seen = world.look('--tls-port', port, '--only', '*o*')
    assert seen.status('connect.tls.ipv4') == 'warning'
    assert 'Connection refused' in seen.lines['connect.tls.ipv4']['text']
    assert seen.status('login.works') == 'ok'
    world.tls = world.clear
    world.clear = None
    seen = Seen(world.desk.run('check', '127.0.0.1', '--tls-port', port,
                               '--port', port, '--only', '*o*t*'))
    assert seen.status('connect.tls.ipv4') == 'fault'
    assert seen.status('connect.clear.ipv4') == 'fault'
    assert seen.status('port.tls') == 'skipped'


def test_clear_closed(world):
    """Nothing on 110, TLS on 995: as it should be (RFC 8314)."""
    seen = world.serve(clear=False).look('--port', free_port())
    assert seen.status('connect.clear.ipv4') == 'ok'
    assert 'RFC 8314' in seen.lines['connect.clear.ipv4']['text']
    assert seen.wrong() == {}


def test_nothing_comes_back(world):
    """A port from which no answer comes: a firewall is named."""
    world.serve(tls=False)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(('127.0.0.1', 0))
        full.listen(0)
        # the queue of who wants in is full; SYN is dropped
        for _ in range(4):
            s = stack.enter_context(socket.socket())
            s.setblocking(False)
            s.connect_ex(full.getsockname())
        world.desk.account('work', world.clear, password=PASSWORD,
                           timeout='1s', ca_file=certs.authority()[0],
                           tls_name='localhost', tls='implicit',
                           port=full.getsockname()[1])
        seen = Seen(world.desk.run('check', 'work', '--only', 'connect.*'))
    assert seen.status('connect.tls.ipv4') == 'fault'
    assert 'firewall' in seen.lines['connect.tls.ipv4']['remedy']


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as s:
        s.bind(('::1', 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason='no IPv6 here')
def test_ipv6(world):
    """Each family by itself."""
    world.serve(clear=False)
    seen = Seen(world.desk.run('check', '::1', '--tls-port', world.tls.port))
    assert seen.status('names.ipv6') == 'ok'
    assert seen.status('connect.tls.ipv6') == 'fault'
    assert seen.status('connect.tls.ipv4') == 'skipped'
    with socket.create_server(('::1', world.tls.port),
                              family=socket.AF_INET6):
        seen = Seen(world.desk.run(
            'check', '::1', '--tls-port', world.tls.port, '--only',
            'connect.*'))
    assert seen.status('connect.tls.ipv6') == 'ok'


# ---- accounts ----------------------------------------------------------------

def account(world, **more):
    server = world.tls or world.clear
    settings = {'password': PASSWORD, 'ca_file': certs.authority()[0],
                'tls_name': 'localhost', **more}
    world.desk.account('work', server, **settings)
    return world


def look_at_account(world, *args, **more):
    account(world, **more)
    return Seen(world.desk.run('check', 'work', *args))


def test_account_ok(world):
    seen = look_at_account(world.serve(clear=False))
    assert seen.wrong() == {}, str(seen.done)
    for name in ('local.config', 'local.state', 'local.destination',
                 'local.disk', 'login.works', 'mail.size'):
        assert seen.status(name) == 'ok', str(seen.done)
    assert all(e['account'] == 'work' for e in seen.lines.values())
    # nothing was made
    assert not (world.desk.dir / 'work').exists()
    assert not world.desk.state.exists()
    world.desk.fetch()
    seen = Seen(world.desk.run('check', 'work'))
    assert '3 messages known' in seen.lines['local.state']['text']
    assert seen.wrong() == {}, str(seen.done)


def test_account_in_clear(world):
    """tls = none, and the account says that it may: fetch would, too."""
    seen = look_at_account(world.serve(
        tls=False, clear={'tls': 'none'}, session={'only_tls': False}),
        ca_file=None, tls_name=None)
    assert seen.status('login.works') == 'ok', str(seen.done)
    assert seen.status('stls.offered') == 'fault'
    assert seen.status('mail.size') == 'ok'


def test_pin(world):
    world.serve(clear=False, cert=certificate(own=True))
    right = 'sha256:' + certs.public_key_pin(certificate(own=True)[0])
    seen = look_at_account(world, ca_file=None, pin=right)
    assert seen.status('tls.pin') == 'ok' and 'that of' in \
        seen.lines['tls.pin']['text']
    assert seen.status('login.works') == 'ok'
    wrong = 'sha256:' + 'A' * 43 + '='
    seen = look_at_account(world, ca_file=None, pin=wrong)
    assert seen.status('tls.pin') == 'fault', str(seen.done)
    assert seen.status('login.works') == 'skipped'


@pytest.mark.parametrize('settings,knobs,wanted', [
    ({'keep': '60d', 'interval': '5m', 'destination': 'discard'},
     {'expire': '30', 'login_delay': 600},
     {'server.expire': 'warning', 'server.login-delay': 'warning',
      'local.destination': 'warning'}),
    ({'keep': '10d', 'interval': '1h', 'destination': 'pipe:cat'},
     {'expire': '30', 'login_delay': 600},
     {'server.expire': 'ok', 'server.login-delay': 'ok',
      'local.destination': 'ok'}),
    ({'keep': 'yes', 'destination': 'pipe:/no/such/program'},
     {'expire': '30'},
     {'server.expire': 'warning', 'local.destination': 'fault'}),
    ({'keep': 'no', 'password': None, 'token_command': 'echo token',
      'destination': 'maildir:/proc/nothing/here'},
     {'expire': '0', 'mechs': ('XOAUTH2',), 'user': False},
     {'server.expire': 'ok', 'server.mechanisms': 'ok',
      'login.works': 'ok', 'local.destination': 'fault'}),
    ({'destination': 'maildir:/usr'},
     {'mechs': ('XOAUTH2',), 'user': False},
     {'server.mechanisms': 'fault', 'login.works': 'fault',
      'local.destination': 'fault'}),
    ({'auth': 'CRAM-MD5', 'password': None, 'password_command': 'false'}, {},
     {'server.mechanisms': 'fault', 'login.secret': 'fault',
      'login.works': 'skipped'}),
], ids=['longer', 'shorter', 'for-ever', 'token', 'oauth', 'no-password'])
def test_account(world, settings, knobs, wanted):
    seen = look_at_account(world.serve(clear=False, **knobs), **settings)
    assert {n: seen.status(n) for n in wanted} == wanted, str(seen.done)


def test_mta(world):
    """LMTP: somebody must be there."""
    with socket.create_server(('127.0.0.1', 0)) as s:
        port = s.getsockname()[1]
        world.serve(clear=False)
        how = {'destination': f'lmtp:127.0.0.1:{port}', 'recipient': 'wren@example.org'}
        assert look_at_account(world, '--only', 'local.*', **how).status(
            'local.destination') == 'ok'
    assert look_at_account(world, '--only', 'local.*', **how).status(
        'local.destination') == 'fault'


def test_config_of_others(world):
    """Who may write to it decides which commands are run."""
    account(world.serve(clear=False), password=None,
            password_command=f'echo {PASSWORD}')
    world.desk.write()
    world.desk.config.chmod(0o620)
    seen = Seen(world.desk.run('check', 'work', '--only', 'local.config'))
    assert seen.status('local.config') == 'fault'
    # what it does not stand on was not done
    assert not world.sessions()
    assert 'chmod 600' in seen.lines['local.config']['remedy']


def test_state(world):
    """Damaged, and busy."""
    account(world.serve(clear=False))
    world.desk.fetch()
    with open(world.desk.state / 'work.lock', 'rb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        seen = Seen(world.desk.run('check', 'work', '--only', 'local.s*'))
        assert seen.status('local.state') == 'warning', str(seen.done)
        assert f'process {os.getpid()} ' in seen.lines['local.state']['text']
    (world.desk.state / 'work.db').write_bytes(b'nonsense' * 1000)
    seen = Seen(world.desk.run('check', 'work', '--only', 'local.s*'))
    assert seen.status('local.state') == 'fault'


def test_no_room(world):
    """More on the server than here is room for."""
    world.drop.messages[1].size = 10 ** 17
    seen = look_at_account(world.serve(clear=False))
    assert seen.status('local.disk') == 'warning', str(seen.done)


# ---- words -------------------------------------------------------------------

@pytest.mark.parametrize('args,status,text', [
    (('check', 'nobody'), 64, 'there is no account "nobody"'),
    (('check', 'h.example', '--port', '0'), 64, 'that is no port'),
    (('check', 'work', '--user', 'x'), 64, 'is an account'),
    (('check', 'bad_host.'), 64, 'server'),
    (('check', 'wren@example.org'), 64, 'restante setup wren@example.org'),
    (('check', 'pop.example.org:1995'), 64, '--tls-port 1995'),
])
def test_words(world, args, status, text):
    account(world.serve(clear=False))
    done = world.desk.run(*args)
    assert done.status == status and text in done.err, str(done)
    assert [e['exit_status'] for e in done.of('error')] == [status]


def test_tls_on_110(world):
    """Nobody greets there: it waits for TLS."""
    world.serve(tls=False, clear={'tls': 'implicit'})
    seen = look_at_account(world, '--only', '*t*.*e*', tls='start',
                           timeout='1s')
    assert seen.status('port.clear') == 'fault'
    assert 'from the start' in seen.lines['port.clear']['text']
    assert seen.status('stls.offered') == 'skipped'


def test_endless_message(world):
    """One that does not end is given up, and not kept."""
    def flood(s, _):
        s.put(b'+OK')
        while True:
            s.say(b'x' * 70000 + b'\r\n')
            s.flush()
    world.serve(clear=False, replies={'RETR': flood})
    seen = world.look('--only', 'mail.*')
    assert seen.status('mail.framing') == 'fault'
    assert 'far longer' in seen.lines['mail.framing']['text']


def test_slow_server(world):
    """One that never answers is not waited for without end."""
    world.serve(clear=False, replies={'STAT': lambda s, _: s.cut('stall')})
    seen = look_at_account(world, timeout='1s')
    assert seen.status('drop.sizes') == 'fault'
    assert 'in time' in seen.lines['drop.sizes']['text']
