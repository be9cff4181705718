# SPDX-License-Identifier: ISC
"""restante check --conformance against servers that mean no good: what they
must not get, what must not be lost, and what must not be shown."""
import contextlib
import socketserver
import threading

import pytest

import certs
from desk import BUILD, HAVE_CLIENT, ROOT, SANITIZERS, letters
from popscript import Drop, PopServer, Session

pytestmark = pytest.mark.skipif(not HAVE_CLIENT, reason='not built')
HOSTS = BUILD / 'tests' / 'client' / 'hosts.so'
PASSWORD = 'hüsh-4711'
# the forms in which it is sent, and those in which it might be shown
SENT = (PASSWORD.encode(), b'AHdyZW4AaMO8c2gtNDcxMQ==', b'aMO8c2gtNDcxMQ==')
SECRETS = (*SENT, b'h\\xc3\\xbcsh-4711', b'h\\u00fcsh-4711')
TRANSCRIPTS = ROOT / 'tests' / 'wire'
AFAR = 'pop.example.org'        # another machine, as far as anybody knows


class Server(Session):
    def on_rset(self, rest):
        """Says so, and does not do it."""
        if self.server.odd == 'rset':
            return self.put(b'+OK as if')
        return super().on_rset(rest)

    def on_quit(self, rest):
        """What was read is gone."""
        if self.server.odd == 'expire':
            self._gone.update(range(3) if self.retrieved else ())
        return super().on_quit(rest)

    def on_list(self, rest):
        if self.server.odd == 'echo' and rest:
            return self.put(b'-ERR ' + b' '.join(SENT))
        return super().on_list(rest)

    def on_pass(self, password):
        if self.server.odd == 'parrot':
            return self.put(b'-ERR not ' + password.encode('latin-1'))
        return super().on_pass(password)


@pytest.fixture
def serve():
    servers = []

    def start(odd='', **knobs):
        drop = Drop(letters(3))
        # popscript reads commands as Latin-1
        users = {'wren': (PASSWORD.encode().decode('latin-1'), drop)}
        server = PopServer(users, session=Server, **knobs)
        server.odd, server.drop = odd, drop
        servers.append(server)
        return server.__enter__()
    yield start
    for s in servers:
        s.__exit__(None, None, None)


def play(desk, server, only, *more, host='127.0.0.1', port='--port',
         json_=True):
    asan = SANITIZERS['ASAN_OPTIONS'] + ':verify_asan_link_order=0'
    return desk.run(
        'check', '--conformance', host, port, server.port, '--user', 'wren',
        '--password-command', f'echo {PASSWORD}', '--transcripts',
        TRANSCRIPTS, '--only', only, '--ca-file', certs.authority()[0], *more,
        json_=json_, before=('env', f'ASAN_OPTIONS={asan}',
                             f'LD_PRELOAD={HOSTS}'),
        env={'RESTANTE_TEST_HOSTS': AFAR})


def results(done):
    return {e['case']: e['result'] for e in done.of('case')}


def told(server):
    return [s for s in server.sessions
            if any(x in bytes(s.raw_in) for x in SENT)]


# ---- the password ------------------------------------------------------------

def test_no_password_in_clear(desk, serve):
    """RFC 8314 section 4.1: who is on the way must not get it by taking
    STLS away"""
    server = serve(tls='none')
    done = play(desk, server, 'pop3/list', host=AFAR)
    assert done.status == 77 and '--clear-login' in done.err, str(done)
    assert not told(server)
    done = play(desk, server, 'pop3/list', '--clear-login', host=AFAR)
    assert results(done) == {'pop3/list': 'passed'}, str(done)


def test_no_password_when_tls_fails(desk, serve):
    server = serve(tls='start', cert=certs.certificate(), stls='plain')
    done = play(desk, server, 'pop3/list', host=AFAR)
    assert done.status != 0 and not told(server), str(done)


def test_octets_behind_stls(desk, serve):
    """What somebody in between has put behind the answer to STLS is not taken
    for said inside of TLS (RFC 2595, the kind of CVE-2011-0411)"""
    server = serve(tls='start', cert=certs.certificate(),
                   stls=b'+OK go ahead\r\n+OK in between\r\n')
    done = play(desk, server, 'pop3/list', '--tls-name', 'localhost',
                host=AFAR)
    assert done.status == 77 and not told(server), str(done)


def test_no_password_beside_tls(desk, serve):
    """A server that would take it: nobody has asked for that"""
    server = serve(tls='start', cert=certs.certificate())
    done = play(desk, server, 'pop3/list,pop3/stls-injection-login,'
                'pop3/stls-no-handshake,pop3/clear-refused', '--tls-name',
                'localhost', '--yes', host=AFAR)
    got = results(done)
    assert got.pop('pop3/list') == 'passed', str(done)
    assert set(got.values()) == {'not applicable'}, got
    for s in told(server):
        assert s.tls, s.dialogue
        clear, _, _ = bytes(s.raw_in).partition(b'STLS')
        assert not any(x in clear for x in SENT)


@pytest.mark.parametrize('json_', [True, False])
def test_password_is_not_shown(desk, serve, json_):
    """Servers say again what they were told"""
    for odd in ('echo', 'parrot'):
        done = play(desk, serve(odd, tls='none'), 'pop3/list*', json_=json_)
        assert done.status in (1, 77), str(done)
        assert b'***' in done.raw
        for secret in SECRETS:
            assert secret not in done.raw, str(done)


# ---- what is a fault ---------------------------------------------------------

@pytest.mark.parametrize('codes,result', [(True, 'failed'),
                                          (False, 'passed')])
def test_brackets(desk, serve, codes, result):
    """RFC 2449 section 6.4: who announces RESP-CODES has [ for response codes
    alone, others for what they like"""
    server = serve(tls='none', capa=['USER', 'TOP', 'UIDL'] +
                   ['RESP-CODES'] * codes,
                   greeting=b'+OK [pop.example.org] ready')
    done = play(desk, server, 'pop3/list')
    assert results(done) == {'pop3/list': result}, str(done)


# ---- the mail ----------------------------------------------------------------

def test_mail_stays(desk, serve):
    """Three messages that somebody may want: nothing that only a server
    without faults survives"""
    server = serve('rset', tls='none')
    done = play(desk, server, 'pop3/dele*,pop3/rset,pop3/no-renumbering,'
                'pop3/drop-keeps-all')
    assert set(results(done).values()) == {'not applicable'}, str(done)
    assert len(server.drop.messages) == 3
    assert not any(s.asked for s in server.sessions)
    done = play(desk, serve(tls='none'), 'pop3/rset,pop3/drop-keeps-all',
                '--yes')
    assert set(results(done).values()) == {'passed'}, str(done)


def test_mail_that_reading_removes(desk, serve):
    """RFC 2449 section 6.7: EXPIRE 0"""
    server = serve('expire', tls='none', expire='0')
    done = play(desk, server, 'pop3/list')
    assert done.status == 64 and 'EXPIRE 0' in done.err, str(done)
    assert len(server.drop.messages) == 3


# ---- without end ---------------------------------------------------------

class Endless(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while True:
                self.request.sendall(b'A' * 65536)


def test_endless_greeting(desk):
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Endless) as s:
        s.daemon_threads = True
        s.port = s.server_address[1]
        threading.Thread(target=s.serve_forever, daemon=True).start()
        done = play(desk, s, 'pop3/list')
        s.shutdown()
    assert done.status == 69 and 'a line without end' in done.err, str(done)


# ---- what is shown -----------------------------------------------------------

class Mta(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'220 here\r\n')
        for line in self.rfile:
            verb = line[:4].upper()
            self.wfile.write(
                b'354 go on\r\n' if verb == b'DATA' else
                b'554 \x1b[31mno\x07\xc2\x9b\r\n' if line == b'.\r\n' else
                b'250 fine\r\n' if verb in (b'LHLO', b'MAIL', b'RCPT') else
                b'')


def test_control_characters(desk, serve):
    """In the reason of a case that cannot be played"""
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Mta) as mta:
        mta.daemon_threads = True
        threading.Thread(target=mta.serve_forever, daemon=True).start()
        done = play(desk, serve(tls='none'), 'pop3/drop-in-body', '--yes',
                    '--lmtp', '127.0.0.1:%d' % mta.server_address[1],
                    '--recipient', 'wren@example.org', json_=False)
        mta.shutdown()
    assert 'does not take such mail' in done.out, str(done)
    assert '\\x1b[31m' in done.out
    for odd in (b'\x1b', b'\x07', b'\xc2\x9b'):
        assert odd not in done.raw, str(done)


class Shy(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'220 here\r\n')
        for _ in self.rfile:
            self.wfile.write(b'550 not for you\r\n')


def test_mta_that_refuses(desk, serve):
    """What it has said is the reason"""
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Shy) as mta:
        mta.daemon_threads = True
        threading.Thread(target=mta.serve_forever, daemon=True).start()
        done = play(desk, serve(tls='none'), 'smtp/*', '--yes', '--smtp',
                    '127.0.0.1:%d' % mta.server_address[1], '--recipient',
                    'wren@example.org')
        mta.shutdown()
    assert done.status == 69 and '550 not for you' in done.err, str(done)
