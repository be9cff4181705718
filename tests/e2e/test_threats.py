# SPDX-License-Identifier: ISC
"""Lines of docs/threats.md that concern a POP3 server as its peers see it,
each with its number and what it promises."""
import base64
import contextlib
import hashlib
import os
import re
import socket
import ssl

import pytest

from office import SANITIZERS, WAIT, Office, pki
from test_hostile import (ask, bounded, eventually, greeted,
                          line, logged_in, reset, served, status)

# freed memory is used again at once, so that what grows has leaked
ENV = {'ASAN_OPTIONS': SANITIZERS['ASAN_OPTIONS'] +
       ':quarantine_size_mb=0:thread_local_quarantine_size_kb=0'}
LONG = bool(os.environ.get('RESTANTE_LONG'))
SMALL = b'Subject: small\n\n.\n..\nhello\n'
WIRE = SMALL.replace(b'\n', b'\r\n')
UNKNOWN = b'-ERR [AUTH] '


@pytest.fixture(scope='module')
def office():
    users = {'wren': '{PLAIN}secret', 'finch': '{PLAIN}secret',
             'robin': '{PLAIN}secret::::::restante_apop=yes'}
    with Office(users=users, env=ENV, limits={
            'bad_commands': 1000, 'auth_failures': 100,
            'sessions_per_address': 2000},
            auth={'failure_delay': '1ms', 'failure_delay_max': '1ms'},
            listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                 'clear_login': 'yes'},
                       'apop': {'protocol': 'pop3', 'tls': 'start',
                                'apop': 'yes'}}) as it:
        for user in 'wren', 'finch':
            for n in range(3 if user == 'wren' else 1):
                it.put(user, SMALL)
        yield it


def stat(s, count=3):
    assert ask(s, b'STAT') == b'+OK %d %d\r\n' % (count, count * len(WIRE))


def body(s):
    """The lines behind +OK, up to the dot"""
    got = []
    while not got or got[-1] != b'.\r\n':
        got.append(line(s))
        assert got[-1], 'the connection ended'
    return got[:-1]


def capabilities(s):
    ask(s, b'CAPA')
    return [x.rstrip() for x in body(s)]


def b64(text):
    return base64.b64encode(text)


def try_login(office, user=b'wren'):
    s = greeted(office, 'clear')
    ask(s, b'USER ' + user)
    s.sendall(b'PASS secret\r\n')
    got = line(s)
    if got.startswith(b'+OK'):
        return s
    assert b'[IN-USE]' in got, got
    s.close()
    return None


def login(office):
    """wren's session, once the one before it has let go"""
    return eventually('wren is free', lambda: try_login(office))


@contextlib.contextmanager
def wren(office, count=3):
    """A session of hers, with QUIT; she has so many messages, untouched"""
    with login(office) as s:
        stat(s, count)
        yield s
        ask(s, b'QUIT')


def untouched(office):
    with wren(office):
        pass


# ---- TLS -------------------------------------------------------------------

def test_stls_on_the_port_of_tls(office):
    """S05: TLS is on from the first octet: STLS is refused, not offered"""
    with greeted(office, 'pop3s', tls=True) as s:
        assert b'STLS' not in capabilities(s)
        ask(s, b'STLS', ok=b'-ERR')
        ask(s, b'USER finch')
        ask(s, b'PASS secret')
        ask(s, b'STLS', ok=b'-ERR')
        stat(s, 1)
        ask(s, b'QUIT')


def test_half_a_hello_is_counted_and_ends():
    """S07: a handshake that does not go on takes one of its address's
    places, and no longer than login_timeout"""
    with Office(limits={'unsafe_limits': 'yes', 'login_timeout': '2s',
                        'sessions_per_address': 3}) as office:
        held = [office.connect('pop3s') for _ in range(3)]
        for s, said in zip(held, (b'', b'\x16\x03\x01\x02\x00\x01\x00',
                                  b'\x16\x03\x01')):
            s.sendall(said)
        # the same listener: those before it were accepted before it
        with pytest.raises((ssl.SSLError, ConnectionError)):
            office.connect('pop3s', tls=True)
        office.wait_log('refused a connection to pop3s')
        for s in held:
            assert s.recv(100) == b''       # the server has closed it
        office.wait_log('event=session', 'end=timeout')
        with office.pop3('wren') as pop:
            assert pop.stat() == (0, 0)


@pytest.mark.parametrize('version', ['TLSv1_2', 'TLSv1_3'])
def test_ticket_brings_no_login(office, version):
    """S10: who resumes finch's TLS session is nobody yet"""
    context = office.ssl_context()
    context.minimum_version = context.maximum_version = \
        ssl.TLSVersion[version]

    def begin(session=None):
        s = context.wrap_socket(office.connect('pop3s'), session=session,
                                server_hostname='localhost')
        line(s)
        return s
    with begin() as s:
        ask(s, b'USER finch')
        ask(s, b'PASS secret')
        stat(s, 1)
        ticket = s.session
        ask(s, b'QUIT')
    for name in b'robin', b'finch':
        with begin(ticket) as s:
            assert s.session_reused
            for command in b'STAT', b'LIST', b'RETR 1', b'DELE 1':
                ask(s, command, ok=b'-ERR')
            ask(s, b'USER ' + name)
            ask(s, b'PASS secret')
            stat(s, 1 if name == b'finch' else 0)
            ask(s, b'QUIT')
    untouched(office)


def test_external_is_no_login(office):
    """S11: neither a client's certificate nor a typed name logs in"""
    certificate, key = pki().certificate('wren')
    context = office.ssl_context()
    context.load_cert_chain(certificate, key)
    with context.wrap_socket(office.connect('pop3s'),
                             server_hostname='localhost') as s:
        line(s)
        assert not any(b'EXTERNAL' in c for c in capabilities(s))
        for response in b'', b' =', b' ' + b64(b'wren'):
            ask(s, b'AUTH EXTERNAL' + response, ok=b'-ERR')
        ask(s, b'STAT', ok=b'-ERR')


# ---- lines and arguments ---------------------------------------------------

NOT_YET = b'-ERR please log in first\r\n'
SIZES = [255, 256, 512, 513, 1024, 2048, 4096, 8192, 8193, 65536, 1 << 20]


@pytest.mark.parametrize('where', ['before login', 'after login'])
def test_long_lines(office, where):
    """S12: one -ERR (or the end), and no part of a long line is obeyed:
    a command stands behind each size at which a server might cut"""
    with bounded(office):
        for size in SIZES:
            s = (login(office) if where == 'after login' else
                 greeted(office, 'clear'))
            command = b'DELE 1' if where == 'after login' else b'QUIT'
            with contextlib.suppress(ConnectionError):
                s.sendall(b'x' * size + command + b'\r\n')
                got = line(s)
                if got:
                    assert got.startswith(b'-ERR'), (size, got)
                    # one answer, then that of STAT; or the end, behind a
                    # line beyond all measure
                    s.sendall(b'STAT\r\n')
                    got = line(s)
                    assert got == (b'+OK 3 %d\r\n' % (3 * len(WIRE))
                                   if where == 'after login' else
                                   NOT_YET) or (
                        got == b'' and size > 8192), (size, got)
            s.close()
    untouched(office)


def test_a_line_without_end_before_login(office):
    """S12: 8 MiB without CRLF, seven times at once: memory stays flat"""
    with bounded(office, 4 << 20):
        peers = [greeted(office, 'clear') for _ in range(7)]
        for s in peers:
            with contextlib.suppress(ConnectionError):
                s.sendall(b'USER ' + b'x' * (8 << 20))
        for s in peers:
            s.close()
        served(office)


NUMBERS = [b'4294967297', b'18446744073709551617', b'0', b'-1', b'+1', b'1x',
           b'1 2', b'1,2', b'0x1', b'1.0', b'1e0', b'%31', b'4', b'a', b'-',
           b'9' * 200, b'00000000000', b'1\t', b'\t1', b'18446744073709551616',
           b'340282366920938463463374607431768211457']


@pytest.mark.parametrize('command', ['LIST', 'UIDL', 'RETR', 'DELE', 'TOP'])
def test_numbers(office, command):
    """S13, S14, S15: what is not the number of a message is refused, and
    nothing wraps around to one"""
    verb, more = command.encode(), b' 0' if command == 'TOP' else b''
    with wren(office) as s:
        for number in NUMBERS:
            if command == 'TOP' and number == b'1 2':
                continue    # message 1, two lines; then one argument more
            ask(s, verb + b' ' + number + more, ok=b'-ERR')
        stat(s)
    untouched(office)


def test_lenient_numbers(office):
    """S13: leading zeros and a blank at the end are taken, for old clients;
    blanks before the number are not"""
    with wren(office) as s:
        want = b'+OK 1 %d\r\n' % len(WIRE)
        for number in b'1', b'01', b'0' * 30 + b'1', b'1 ':
            assert ask(s, b'LIST ' + number) == want
        for line_ in b'LIST  1', b' LIST 1', b'LIST\t1', b'TOP 1  0':
            ask(s, line_, ok=b'-ERR')


def test_numbers_of_lines(office):
    """S15"""
    with wren(office) as s:
        for arguments in (b'1', b'1 -1', b'1 99999999999999999999',
                          b'1 18446744073709551616', b'1 2 3', b'x 1', b'',
                          b'1 x', b'1 +1', b'1 0x0'):
            ask(s, b'TOP ' + arguments, ok=b'-ERR')
        stat(s)


def test_nul_ends_no_command(office):
    """S16: a NUL hides nothing: the line is refused whole"""
    with wren(office) as s:
        for text in (b'NOOP\0DELE 1', b'DELE 1\0', b'NOOP\0', b'\0NOOP'):
            ask(s, text, ok=b'-ERR')
            stat(s)
    untouched(office)


def test_cr_ends_no_command(office):
    """S17: a bare CR divides nothing (a bare LF does, for old clients)"""
    with wren(office) as s:
        ask(s, b'STAT\rSTAT', ok=b'-ERR')
        ask(s, b'NOOP\rDELE 1', ok=b'-ERR')
        stat(s)
        s.sendall(b'NOOP\nSTAT\n')
        assert line(s).startswith(b'+OK')
        assert line(s) == b'+OK 3 %d\r\n' % (3 * len(WIRE))


# ---- names and passwords ---------------------------------------------------

STRANGE = [b'../../etc/x', b'../finch', b'a/b', b'.', b'..', b'', b'x' * 300,
           b'u\tadmin=1', b'u\x01admin=1', b'u\nadmin', b'%n%s%x%d',
           b'%{env:HOME}', b'%u', b'u*', b'*', b'u)(uid=*', b"' OR ''='",
           b'wren ', b' wren', b'wren@example.net@', b'wren\\', b'$(id)',
           b'`id`', b'-oProxy', b'wren:x', b'wren\x7f', b'\x1b[2Jwren',
           b'\xff\xfe', b'wr\xc3\xa9n', b'\xc3(', b'\xed\xa0\x80',
           b'wren\xe2\x80\xae']


def failures(s):
    """The answers to each strange name, by USER and PASS and by AUTH"""
    for name in STRANGE:
        if re.fullmatch(rb'[\x21-\x7e]{1,200}', name):
            # S28: no name is a reason to refuse
            ask(s, b'USER ' + name)
            yield name, ask(s, b'PASS secret', ok=b'-ERR')
        elif b'\n' not in name and name != b'wren ':
            ask(s, b'USER ' + name, ok=b'-ERR')
        s.sendall(b'AUTH PLAIN %s\r\n' % b64(b'\0' + name + b'\0secret'))
        yield name, line(s)


def test_strange_names(office):
    """S18, S19: a name is looked up and nothing else: no path, format,
    pattern, field or line comes of it; the answer is that of any name"""
    before = sorted(os.listdir(office.mail_root))
    mark = office.mark()
    with greeted(office, 'clear') as s:
        ask(s, b'USER nobody')
        plain = ask(s, b'PASS secret', ok=UNKNOWN)
        for name, got in failures(s):
            assert got == plain or len(name) > 250 or b'\n' in name \
                or name == b'', (name, got)
            assert got.startswith(b'-ERR'), (name, got)
        ask(s, b'QUIT')
    assert sorted(os.listdir(office.mail_root)) == before
    office.wait_log('event=session', after=mark)
    for text in office.log.lines[mark:]:
        assert re.fullmatch(r'[\x20-\x7e]*', text), text
        assert text.count('event=') == 1, text
    served(office)


@pytest.mark.parametrize('secret', [b'\xff\xfe', b'secret\xff', b'\xc3(',
                                    b'pa\xc3\xa9'])
def test_passwords_of_other_octets(office, secret):
    """S18: a failed login, no more"""
    with greeted(office, 'clear') as s:
        ask(s, b'USER wren')
        ask(s, b'PASS ' + secret, ok=b'-ERR')
        ask(s, b'AUTH PLAIN ' + b64(b'\0wren\0' + secret), ok=UNKNOWN)
        ask(s, b'USER robin')
        ask(s, b'PASS secret')
        ask(s, b'QUIT')


# ---- AUTH ------------------------------------------------------------------

GOOD = b64(b'\0wren\0secret')
BASE64 = {
    'tab': GOOD[:8] + b'\t' + GOOD[8:],
    'space': GOOD[:8] + b' ' + GOOD[8:],
    'space behind': GOOD + b' ',
    'cr': GOOD[:8] + b'\r' + GOOD[8:],
    'bare lf': GOOD[:8] + b'\n' + GOOD[8:],
    'not in the alphabet': b'!' + GOOD[1:],
    'url alphabet': b'-_' + GOOD[2:],
    'no padding': GOOD.rstrip(b'=') if GOOD.endswith(b'=') else GOOD[:-1],
    'more padding': GOOD + b'=',
    'padding inside': GOOD[:4] + b'=' + GOOD[4:],
    'bits behind the end': b64(b'\0wren\0secre') [:-1] + b'=',
    'nul': GOOD[:8] + b'\0' + GOOD[8:],
    'eight bits': GOOD[:8] + b'\xff' + GOOD[8:],
    '8 KiB and one': b64(b'\0wren\0' + b'x' * 8192),
    '1 MB': b'A' * 1000000,
}


@pytest.mark.parametrize('how', ['initial', 'continued'])
def test_base64_is_strict(office, how):
    """S20: -ERR for what is not base64, and nobody else notices: a login
    of another session, begun before, goes on behind each"""
    with bounded(office):
        for name, text in BASE64.items():
            other = greeted(office, 'clear')
            ask(other, b'AUTH PLAIN')
            s = greeted(office, 'clear')
            with contextlib.suppress(ConnectionError):
                if how == 'continued':
                    ask(s, b'AUTH PLAIN')
                    s.sendall(text + b'\r\n')
                else:
                    s.sendall(b'AUTH PLAIN ' + text + b'\r\n')
                got = line(s)
                # a blank at the end of a command is no part of anything
                if (how, name) == ('initial', 'space behind'):
                    assert got.startswith(b'+OK')
                    ask(s, b'QUIT')
                else:
                    assert got == b'' or got.startswith(b'-ERR'), (name, got)
            with contextlib.suppress(ConnectionError):
                reset(s) if len(text) > 9000 else s.close()
            ask(other, b64(b'\0finch\0secret'))
            ask(other, b'STAT')
            ask(other, b'QUIT')
            other.close()
    untouched(office)


PARTS = [b'', b'\0', b'\0\0', b'wren', b'wren\0secret', b'\0wren',
         b'\0wren\0', b'\0\0secret', b'\0wren\0secret\0', b'\0\0wren\0secret',
         b'\0wren\0secret\0x', b'\0\0\0\0', b'finch\0wren\0secret',
         b'wren\0finch\0wrong', b'root\0wren\0secret', b'*\0wren\0secret']


def test_plain_of_other_parts(office):
    """S21: RFC 4616: exactly two NULs, both parts there, nobody acts for
    somebody else"""
    with greeted(office, 'clear') as s:
        for text in PARTS:
            ask(s, b'AUTH PLAIN ' + (b64(text) or b'='), ok=b'-ERR')
            ask(s, b'STAT', ok=b'-ERR')
        ask(s, b'AUTH PLAIN ' + b64(b'finch\0finch\0secret'))
        stat(s, 1)
        ask(s, b'QUIT')


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def cancel(office, how):
    s = greeted(office, 'clear')
    ask(s, b'AUTH PLAIN')
    if how == 'star':
        ask(s, b'*', ok=b'-ERR')
    elif how == 'star and space':
        ask(s, b'* ', ok=b'-ERR')
    elif how == 'half a line':
        s.sendall(b'AHdyZW4A')
    reset(s)


@pytest.mark.parametrize('how', ['star', 'star and space', 'drop',
                                 'half a line'])
def test_thousand_cancels(office, how):
    """S22: what was begun is given back; USER works behind a cancel.  A
    thousand times with RESTANTE_LONG, else four hundred"""
    with greeted(office, 'clear') as s:
        ask(s, b'AUTH PLAIN')
        ask(s, b'*', ok=b'-ERR')
        ask(s, b'USER robin')
        ask(s, b'PASS secret')
        ask(s, b'QUIT')
    pids = office.child('front'), office.child('auth')
    # the first rounds may find more of them open at once than ever before;
    # what leaks grows in each
    for n in range(5):
        before = {p: (descriptors(p), status(p, 'VmRSS')) for p in pids}
        for _ in range((1000 if LONG else 400) if n else 200):
            cancel(office, how)
        served(office)
        for pid in pids:
            eventually('all descriptors are closed',
                       lambda p=pid: descriptors(p) <= before[p][0])
        if n and all(status(p, 'VmRSS') - before[p][1] < 64 << 10
                     for p in pids):
            return
    raise AssertionError('cancels cost memory in each round')


def test_auth_where_it_is_not_possible(office):
    """S23, S24: unknown mechanisms, twice, after login, and in clear where
    that is off"""
    with greeted(office, 'clear') as s:
        for name in (b'FOO', b'PLAINX', b'PLAI', b'CRAM-MD5', b'LOGIN',
                     b'SCRAM-SHA-1', b'SCRAM-SHA-256', b'SCRAM-SHA-256-PLUS',
                     b'NTLM', b'GSSAPI', b'ANONYMOUS', b'DIGEST-MD5',
                     b'XOAUTH2', b'OAUTHBEARER', b'-', b'x' * 40):
            ask(s, b'AUTH ' + name, ok=b'-ERR')
            ask(s, b'AUTH %s %s' % (name, GOOD), ok=b'-ERR')
        assert b'SASL PLAIN' in capabilities(s)
        ask(s, b'AUTH PLAIN ' + b64(b'\0finch\0secret'))
        ask(s, b'AUTH PLAIN', ok=b'-ERR')
        ask(s, b'AUTH PLAIN ' + GOOD, ok=b'-ERR')
        stat(s, 1)
        ask(s, b'QUIT')
    with greeted(office, 'pop3') as s:
        offered = capabilities(s)
        assert not [c for c in offered if c.startswith((b'SASL', b'USER'))]
        ask(s, b'AUTH PLAIN ' + GOOD, ok=b'-ERR')
        ask(s, b'AUTH PLAIN', ok=b'-ERR')
        ask(s, b'USER wren', ok=b'-ERR')
        ask(s, b'STAT', ok=b'-ERR')


def test_utf8_and_lang_are_not_offered(office):
    """S56: neither announced nor obeyed, whatever comes behind them"""
    with wren(office) as s:
        offered = b' '.join(capabilities(s))
        assert b'UTF8' not in offered and b'LANG' not in offered
        for command in (b'UTF8', b'UTF8 USER', b'UTF8 x', b'LANG', b'LANG *',
                        b'LANG MUL', b'LANG ' + b'x' * 100):
            ask(s, command, ok=b'-ERR')
        stat(s)


STAMPS = 20000 if LONG else 1000


def test_stamps_are_never_the_same(office):
    """S25: 128 bits of the kernel's randomness a greeting, another one for
    each connection; a digest of another connection's stamp opens nothing"""
    seen, parts = set(), set()
    for _ in range(STAMPS):
        s = office.connect('apop')
        stamp = re.search(rb'<[^>]+>', line(s)).group()
        reset(s)
        seen.add(stamp)
        parts.add(stamp.split(b'.')[0])
    assert len(seen) == len(parts) == STAMPS
    # hexadecimal digits of two words of 64 bits: a short one is rare
    assert sum(map(len, parts)) / STAMPS > 31
    with office.connect('apop') as old, office.connect('apop') as s:
        stale = re.search(rb'<[^>]+>', line(old)).group()
        fresh = re.search(rb'<[^>]+>', line(s)).group()
        for stamp in stale, b'', b'<x@y>':
            ask(s, b'APOP robin ' + hashlib.md5(
                stamp + b'secret').hexdigest().encode(), ok=UNKNOWN)
        ask(s, b'APOP robin ' + hashlib.md5(
            fresh + b'secret').hexdigest().encode())


def test_apop_tells_no_names(office):
    """S26: no stamp where there is no APOP; who has none, who is not there
    and who is wrong get the same answer"""
    with office.connect('clear') as s:
        assert b'<' not in line(s)
        ask(s, b'APOP robin ' + b'0' * 32, ok=b'-ERR')
    with greeted(office, 'apop') as s:
        said = {ask(s, b'APOP %s %s' % (name, b'0' * 32), ok=b'-ERR')
                for name in (b'robin', b'wren', b'nobody')}
        assert len(said) == 1


def test_every_name_is_asked_for_its_password(office):
    """S27, S28: the same words, whoever it is"""
    with greeted(office, 'clear') as s:
        said = set()
        for name in b'wren', b'robin', b'nobody', b'root', b'x' * 100:
            user = ask(s, b'USER ' + name)
            said.add((user, ask(s, b'PASS wrong', ok=UNKNOWN)))
        assert len(said) == 1


# ---- guessing --------------------------------------------------------------

def connect_from(office, source, listener='clear'):
    s = socket.create_connection(('127.0.0.1', office.ports[listener]), WAIT,
                                 source_address=(source, 0))
    line(s)
    return s


def test_guesses_of_one_address_stand_in_line():
    """S29: ten connections of one address guess no faster than one, and
    the user herself logs in from another address meanwhile.  (That delays
    grow and that success resets them: tests/unit/auth, with a clock that is
    made up.)"""
    with Office(users={'wren': '{PLAIN}secret'},
                limits={'sessions_per_address': 1000},
                auth={'failure_delay': '8s', 'failure_delay_max': '40s'},
                listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                     'clear_login': 'yes'}}) as office:
        guessers = [connect_from(office, '127.0.0.1') for _ in range(10)]
        for s in guessers:
            s.sendall(b'USER wren\r\nPASS wrong\r\n')
            assert line(s).startswith(b'+OK')
        with connect_from(office, '127.0.0.2') as s:
            ask(s, b'USER wren')
            ask(s, b'PASS secret')
            ask(s, b'QUIT')
        # the second answer would be due after 8 + 16 seconds
        answered = 0
        for s in guessers:
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                answered += len(s.recv(1000)) > 0
            s.close()
        assert answered <= 1


# ---- crowds ----------------------------------------------------------------

def test_crowd_of_one_address():
    """S33: one address takes the places that one address may have, whatever
    it opens; who is logged in stays, others come in"""
    with Office(users={'wren': '{PLAIN}secret', 'finch': '{PLAIN}secret'},
                limits={'sessions_per_address': 50}, env=ENV,
                listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                     'clear_login': 'yes'}}) as office:
        office.put('wren', SMALL)
        inside = connect_from(office, '127.0.0.1')
        ask(inside, b'USER wren')
        ask(inside, b'PASS secret')
        with bounded(office):
            crowd = [socket.create_connection(
                ('127.0.0.1', office.ports['clear']), WAIT)
                for _ in range(600)]
            said = [line(s) for s in crowd]
            assert sum(x.startswith(b'+OK') for x in said) == 49
            assert sum(x.startswith(b'-ERR [SYS/TEMP] ')
                       for x in said) == 551
            stat(inside, 1)
            with connect_from(office, '127.0.0.2') as s:
                ask(s, b'USER finch')
                ask(s, b'PASS secret')
                ask(s, b'QUIT')
        for s in crowd:
            s.close()
        ask(inside, b'QUIT')
        inside.close()


def test_crowd_of_many_addresses():
    """S33: when all places are taken, the oldest that has not logged in
    gives way; who is logged in, or brings mail for somebody here, stays"""
    with Office(users={'wren': '{PLAIN}secret', 'finch': '{PLAIN}secret'},
                limits={'sessions_per_address': 20, 'sessions': 60},
                listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                                     'clear_login': 'yes'}}) as office:
        inside = connect_from(office, '127.0.0.1')
        ask(inside, b'USER wren')
        ask(inside, b'PASS secret')
        mail = connect_from(office, '127.0.0.1', 'lmtp')
        # one from each in turn: no address reaches its own limit
        crowd, brought = [], []
        for n in range(150):
            crowd.append(connect_from(office, f'127.0.0.{10 + n % 10}',
                                      'clear' if n % 3 else 'smtp'))
            if n in (0, 3, 6):
                brought.append(n)
                for command in (b'HELO a.example', b'MAIL FROM:<>',
                                b'RCPT TO:<wren@example.org>'):
                    ask(crowd[n], command)
        gone = [n for n in range(150) if n not in brought][:150 - 58]
        for n in gone:
            assert crowd[n].recv(100) == b'', n
        for n in set(range(150)) - set(gone):
            assert ask(crowd[n], b'CAPA' if n % 3 else b'NOOP')
        with connect_from(office, '127.0.0.2') as s:
            ask(s, b'USER finch')
            ask(s, b'PASS secret')
            ask(s, b'QUIT')
        # an address that has its share makes nobody give way
        greedy = [connect_from(office, '127.0.0.50') for _ in range(20)]
        # finch left the place that one of these took
        gave_way = len(gone) + 1 + len(greedy) - 1
        eventually('the log has them all', lambda: len(
            office.log_lines('end=crowded')) == gave_way)
        with socket.create_connection(
                ('127.0.0.1', office.ports['clear']), WAIT,
                source_address=('127.0.0.50', 0)) as s:
            assert b'from your address' in line(s)
        office.wait_log('from your address')
        assert len(office.log_lines('end=crowded')) == gave_way
        stat(inside, 0)
        ask(inside, b'QUIT')
        ask(mail, b'NOOP')
        for s in [inside, mail, *crowd, *greedy]:
            s.close()


# ---- the end of a connection -----------------------------------------------

def test_reset_at_every_octet_of_a_reply(office):
    """S35: DELE, then RST after each octet of RETR's reply: no QUIT came,
    so nothing is removed"""
    whole = len(b'+OK %d octets\r\n' % len(WIRE)) + len(WIRE) + 5
    for n in range(0, whole, 1 if LONG else 3):
        s = login(office)
        ask(s, b'DELE 2')
        s.sendall(b'RETR 1\r\n')
        got = 0
        while got < n:
            more = len(s.recv(n - got))
            if not more:
                break
            got += more
        reset(s)
    s = login(office)
    stat(s)
    ask(s, b'QUIT')
    s.close()


def test_half_closed_behind_quit(office):
    """S35, P4: QUIT was read, so it counts, though the client sends no
    more; half of a QUIT does not"""
    extra = office.put('wren', SMALL, name='1800000000.1.test')
    s = logged_in(office)
    s.sendall(b'DELE 4\r\nQUI')
    s.shutdown(socket.SHUT_WR)
    while s.recv(100):
        pass
    s.close()
    s = login(office)
    stat(s, 4)
    s.sendall(b'DELE 4\r\nQUIT\r\n')
    s.shutdown(socket.SHUT_WR)
    got = b''
    while True:
        more = s.recv(100)
        if not more:
            break
        got += more
    s.close()
    assert got.count(b'+OK') == 2, got
    assert not extra.exists()
    untouched(office)


def test_quit_counts_though_nobody_reads_its_answer(office):
    """S35: RST behind a QUIT that was read: all marked are gone or none"""
    for n in range(10):
        extra = office.put('wren', SMALL, name='1800000000.2.test')
        s = login(office)
        stat(s, 4)
        s.sendall(b'DELE 4\r\nQUIT\r\n')
        reset(s)
        s = login(office)
        assert ask(s, b'STAT').split()[1] == b'%d' % (3 + extra.exists())
        ask(s, b'QUIT')
        s.close()
        if extra.exists():
            extra.unlink()
    untouched(office)


def test_marks_come_and_go(office):
    """S37: a marked message is in no answer; RSET brings it back; doing
    that 100,000 times costs no memory"""
    with wren(office) as s:
        ask(s, b'DELE 1')
        for command in (b'DELE 1', b'RETR 1', b'LIST 1', b'TOP 1 0',
                        b'UIDL 1'):
            ask(s, command, ok=b'-ERR')
        ask(s, b'RSET')
        ask(s, b'LIST 1')
        times = 1000000 if LONG else 100000
        front = office.child('front')
        before = status(front, 'VmRSS')
        piece = b'DELE 1\r\nRSET\r\n' * 1000
        for _ in range(times // 1000):
            s.sendall(piece)
            left = 2000
            while left:
                got = s.recv(1 << 16)
                assert got
                assert got.count(b'-ERR') == 0
                left -= got.count(b'\n')
        assert status(front, 'VmRSS') - before < 1 << 20
        stat(s)
    untouched(office)
