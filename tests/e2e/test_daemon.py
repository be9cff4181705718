# SPDX-License-Identifier: ISC
"""The daemon as an administrator runs it: certificates, reload, limits,
time-outs, listeners, logs, --check, --dump and --stdio."""
import os
import poplib
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time

import pytest

from office import (AS_ROOT, RESTANTED, SANITIZERS, STORE_ID, WAIT, Office,
                    pki)
from ports import free_port

MESSAGE = b'From: bob@example.net\r\nSubject: hello\r\n\r\nHello.\r\n'


def line(s):
    """One reply line of a raw socket; b'' at the end."""
    got = bytearray()
    while not got.endswith(b'\n'):
        c = s.recv(1)
        if not c:
            break
        got += c
    return bytes(got)


def until(fact):
    """Waits for what no event outside the daemon tells: a file given up is
    removed after the client has its reply."""
    end = time.monotonic() + WAIT
    while not fact():
        assert time.monotonic() < end, 'it never came'
        time.sleep(0.01)


def served_names(office, server_hostname):
    """DNS names of the certificate that a client with this SNI gets."""
    context = ssl.create_default_context(cafile=str(pki().ca))
    context.check_hostname = False
    with socket.create_connection(('127.0.0.1', office.ports['pop3s']),
                                  WAIT) as raw:
        with context.wrap_socket(raw, server_hostname=server_hostname) as s:
            cert = s.getpeercert()
    return [v for k, v in cert['subjectAltName'] if k == 'DNS']


# ---- certificates and reload -----------------------------------------------

def test_certificates_by_sni(make_office):
    office = make_office(tls=[('pop.example.org', 'localhost'),
                              ('mail.example.net', '*.example.net')])
    assert served_names(office, 'pop.example.org')[0] == 'pop.example.org'
    assert served_names(office, 'mail.example.net')[0] == 'mail.example.net'
    assert served_names(office, 'other.example.net')[0] == 'mail.example.net'
    assert served_names(office, 'nobody.invalid')[0] == 'pop.example.org'
    assert served_names(office, None)[0] == 'pop.example.org'


def replace(office, names, index=0):
    """Puts another pair at the place of a certificate, as renewal tools do:
    written beside it, then renamed."""
    for new, old in zip(pki().certificate(*names),
                        office.certificates[index]):
        beside = old.with_suffix('.renewed')
        shutil.copy(new, beside)
        beside.rename(old)


def test_a_renewed_certificate_is_used_and_sessions_go_on(make_office):
    office = make_office(tls=[('localhost', 'before.example.org')])
    with office.pop3('wren') as pop:
        mark = office.mark()
        replace(office, ('localhost', 'after.example.org'))
        office.wait_log('certificate file changed', after=mark)
        # the fronts take it after that line; a session tells when
        while 'after.example.org' not in served_names(office, 'localhost'):
            pass
        assert pop.noop().startswith(b'+OK')


def test_half_a_renewal_changes_nothing(make_office):
    office = make_office(tls=[('localhost', 'before.example.org')])
    mark = office.mark()
    new = pki().certificate('localhost', 'after.example.org')[0]
    beside = office.certificates[0][0].with_suffix('.renewed')
    shutil.copy(new, beside)
    beside.rename(office.certificates[0][0])
    office.wait_log('certificates in use stay', after=mark)
    assert 'before.example.org' in served_names(office, 'localhost')


def test_reload_keeps_sessions_and_takes_settings(make_office):
    office = make_office()
    with office.pop3('wren') as pop:
        office.sections['server']['hostname'] = 'new.example.org'
        office.sections['mail']['domains'] = 'example.org example.com'
        office.write_config()
        office.reload()
        assert pop.stat() == (0, 0)
        # settings travel to each process on its own channel: ask until
        while b'new.example.org' not in office.pop3().getwelcome():
            pass
    while True:
        with office.lmtp() as lmtp:
            lmtp.ehlo('x')
            lmtp.mail('bob@example.net')
            if lmtp.rcpt('wren@example.com')[0] == 250:
                break
    office.deliver(MESSAGE, 'wren@example.com')
    assert len(office.messages()) == 1


def test_a_mistake_in_a_reload_keeps_the_old_settings(make_office):
    office = make_office()
    mark = office.mark()
    good = office.config.read_text()
    office.config.write_text(good + '[nonsense]\nx = y\n')
    office.reload()
    office.wait_log('not reloaded', after=mark)
    with office.pop3('wren') as pop:
        assert pop.stat() == (0, 0)


def test_a_front_starts_while_certificates_are_broken(make_office):
    """It serves what needs none, and takes the mended ones."""
    office = make_office()
    key = office.certificates[0][1]
    good = key.read_bytes()
    key.write_text('half written\n')
    office.kill('front')
    until(lambda: delivered(office))
    with office.connect('pop3') as s:
        assert line(s).startswith(b'+OK')
        s.sendall(b'STLS\r\n')
        assert line(s).startswith(b'-ERR')
    key.write_bytes(good)
    office.reload()
    with office.pop3_again('wren', how='start') as pop:
        assert pop.stat()[0] >= 1


def delivered(office):
    try:
        return not office.deliver(MESSAGE)
    except (OSError, smtplib.SMTPException):
        return False


# ---- sessions --------------------------------------------------------------

def test_the_next_login_finds_no_lock(make_office):
    """QUIT is answered before the store has let go: the order of what it
    reads makes up for it.  Here it reads nothing until another session's
    request stands before the end of the first, and the ticket for the second
    on a channel of its own."""
    office = make_office(users={'wren': 'secret', 'robin': 'secret'},
                         listeners={'clear': {
                             'protocol': 'pop3', 'tls': 'none',
                             'clear_login': 'yes'}})
    office.put('robin', b'Subject: x\n\nbody\n')
    first = office.pop3('wren', how='clear')
    with office.pop3('robin', how='clear') as other:
        store = office.child('store')
        os.kill(store, signal.SIGSTOP)
        try:
            other._putcmd('RETR 1')
            # what a front has read it has passed on: its next answer
            # to anybody tells
            office.pop3(how='clear').quit()
            assert first.quit().startswith(b'+OK')
            with office.connect('clear') as s:
                s.sendall(b'USER wren\r\nPASS secret\r\nQUIT\r\n')
                assert line(s).startswith(b'+OK')
                assert line(s).startswith(b'+OK')
                # so does auth's, of what came before
                with pytest.raises(poplib.error_proto, match='AUTH'):
                    office.pop3('robin', 'guess', how='clear')
                os.kill(store, signal.SIGCONT)
                assert line(s).startswith(b'+OK'), 'the lock was still there'
        finally:
            os.kill(store, signal.SIGCONT)
        assert other._getlongresp()[0].startswith(b'+OK')


# ---- limits ----------------------------------------------------------------

def test_connections_of_one_address(make_office):
    """S33: over all fronts"""
    office = make_office(limits={'sessions_per_address': 3},
                         server={'fronts': 2})
    held = [office.connect('pop3') for _ in range(3)]
    for s in held:
        assert line(s).startswith(b'+OK')
    with office.connect('pop3') as s:
        assert line(s).startswith(b'-ERR [SYS/TEMP] ')
        assert line(s) == b''
    with office.connect('lmtp') as s:
        assert line(s).startswith(b'421 ')
    held.pop().close()
    office.wait_log('end=drop')
    with office.connect('pop3') as s:
        assert line(s).startswith(b'+OK')
    for s in held:
        s.close()


def test_connections_in_total(make_office):
    """S33: who has logged in or brings mail gives way to nobody"""
    office = make_office(limits={'sessions': 2})
    with office.pop3('wren') as a, office.connect('lmtp') as b:
        assert line(b).startswith(b'220 ')
        for _ in range(3):
            with office.connect('pop3') as s:
                assert line(s).startswith(b'-ERR [SYS/TEMP] ')
        assert a.noop().startswith(b'+OK')


def test_sessions_of_one_user(make_office):
    office = make_office(limits={'sessions_per_user': 2},
                         mail={'session_lock': 'shared'})
    with office.pop3('wren') as a, office.pop3('wren') as b:
        assert a.stat() == b.stat() == (0, 0)
        with pytest.raises(poplib.error_proto, match='IN-USE'):
            office.pop3('wren')
    with office.pop3('wren') as again:
        assert again.stat() == (0, 0)


def test_size_limit(make_office):
    office = make_office(mail={'message_size': '64K'})
    with pytest.raises(smtplib.SMTPException, match='552'):
        office.deliver(b'Subject: big\r\n\r\n' + b'x' * 70 + b'\r\n' * 40000)
    assert office.messages() == []
    until(lambda: office.leftovers() == [])


# ---- time-outs -------------------------------------------------------------

SHORT = {'unsafe_limits': 'yes', 'idle_timeout': '1s',
         'login_timeout': '1s', 'smtp_timeout': '1s'}


def test_autologout_is_silent_and_removes_nothing(make_office):
    """S31: B-25, RFC 1939 section 3"""
    office = make_office(limits=SHORT)
    office.put('wren', b'Subject: kept\n\n')
    pop = office.pop3('wren')
    pop.dele(1)
    assert pop.sock.recv(100) == b''
    entry = office.wait_log('event=session', 'user=wren')
    assert entry['end'] == 'timeout'
    assert len(office.messages()) == 1
    with office.pop3('wren') as again:
        assert again.stat()[0] == 1


def test_who_does_not_log_in_must_go(make_office):
    """S31: before login"""
    office = make_office(limits=SHORT)
    with office.connect('pop3') as s:
        assert line(s).startswith(b'+OK')
        assert line(s) == b''


def test_a_silent_smtp_client_is_told(make_office):
    office = make_office(limits=SHORT)
    with office.connect('smtp') as s:
        assert line(s).startswith(b'220 ')
        assert line(s).startswith(b'421 4.4.2 ')
        assert line(s) == b''


# ---- listeners -------------------------------------------------------------

def has_ipv6():
    try:
        free_port(socket.AF_INET6)
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason='this machine has no IPv6')
def test_ipv6(make_office):
    port = free_port(socket.AF_INET6)
    office = make_office(listeners={'six': {
        'protocol': 'pop3', 'tls': 'start', 'clear_login': 'yes',
        'address': f'[::1]:{port}'}})
    pop = poplib.POP3('::1', port, timeout=WAIT)
    pop.user('wren')
    pop.pass_('secret')
    pop.quit()
    entry = office.wait_log('event=session', 'user=wren')
    assert entry['peer'].startswith('[::1]:')


def test_mail_by_a_unix_socket(make_office):
    office = Office()
    path = office.dir / 'lmtp.socket'
    office.listeners['local'] = {'protocol': 'lmtp', 'tls': 'none',
                                 'address': f'unix:{path}'}
    office.ports['local'] = 0
    try:
        office.write_config()
        office.start()
        with smtplib.LMTP(str(path)) as lmtp:
            lmtp.sendmail('bob@example.net', ['wren@example.org'], MESSAGE)
        assert len(office.messages()) == 1
        assert office.wait_log('event=delivery')['peer'] == 'local'
    finally:
        office.close()


def test_socket_activation(tmp_path):
    """Z-13 and sd_listen_fds(3): sockets come from a service manager."""
    office = Office(listeners={'pop3': {
        'protocol': 'pop3', 'tls': 'start', 'address': 'systemd:pop3'}})
    given = socket.socket()
    given.bind(('127.0.0.1', 0))
    given.listen()
    port = given.getsockname()[1]
    # what a service manager does: fd 3, and a pid that exec keeps
    wrapper = tmp_path / 'activate'
    wrapper.write_text(
        '#!/usr/bin/python3\nimport os, sys\n'
        f'os.dup2({given.fileno()}, 3)\n'
        'os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="pop3",\n'
        '                  LISTEN_PID=str(os.getpid()))\n'
        f'os.execv("{RESTANTED}", ["restanted", *sys.argv[1:]])\n')
    wrapper.chmod(0o755)
    os.set_inheritable(given.fileno(), True)
    office.binary = wrapper
    real = subprocess.Popen

    def popen(*args, **kwargs):
        return real(*args, pass_fds=[given.fileno()], **kwargs)

    subprocess.Popen = popen
    try:
        office.start()
    finally:
        subprocess.Popen = real
    try:
        with socket.create_connection(('127.0.0.1', port), WAIT) as s:
            assert line(s).startswith(b'+OK')
    finally:
        office.close()
        given.close()


def test_a_port_in_use_is_said(make_office):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        address = f'127.0.0.1:{taken.getsockname()[1]}'
        office = Office(listeners={'pop3': {
            'protocol': 'pop3', 'tls': 'start', 'address': address}})
        with pytest.raises(AssertionError, match='ended with 1') as e:
            office.start()
        assert address in str(e.value)
        shutil.rmtree(office.dir)


# ---- the log ---------------------------------------------------------------

def test_a_line_for_each_session_and_delivery(office):
    office.deliver(MESSAGE, 'wren@example.org', how='smtp')
    with office.pop3('wren') as pop:
        size = pop.list(1).split()[-1]
        pop.retr(1)
        pop.top(1, 0)
        pop.dele(1)
    entry = office.wait_log('event=delivery')
    assert entry['service'] == 'smtp' and entry['result'] == 'stored'
    assert entry['from'] == 'bob@example.net'
    assert entry['to'] == 'wren@example.org'
    assert entry['octets'] == str(len(MESSAGE))
    entry = office.wait_log('event=session', 'service=pop3')
    assert (entry['user'], entry['tls']) == ('wren', 'TLSv1.3')
    assert [entry[k] for k in ('messages', 'retr', 'top', 'dele', 'end')] == \
        ['1', '1', '1', '1', 'quit']
    assert int(entry['out']) > int(size)
    # S49: never a password
    assert not office.log_lines('secret')


def test_a_line_for_each_failed_login(office):
    """S49: without what was typed"""
    pop = office.pop3()
    for _ in range(2):
        pop.user('wren')
        with pytest.raises(poplib.error_proto, match='AUTH'):
            pop.pass_('guess')
    pop.quit()
    entry = office.wait_log('event=login-failed')
    assert entry['service'] == 'pop3'
    assert entry['peer'].startswith('127.0.0.1:')
    assert len(office.log_lines('event=login-failed')) == 2
    assert office.wait_log('event=session')['failures'] == '2'
    # neither the guess nor the name, which is a password now and then
    assert not office.log_lines('guess')
    assert not office.log_lines('user=wren')


def test_the_log_survives_its_rotation(tmp_path):
    """SIGUSR1: every process writes into the new file, also the one that
    can open none."""
    office = Office()
    log = office.dir / 'log'
    office.sections['server']['log'] = log
    office.write_config()
    office.start()
    try:
        office.pop3('wren').quit()
        old = log.rename(office.dir / 'log.1')
        office.signal(signal.SIGUSR1)
        while not log.exists():
            pass
        while True:
            office.pop3('wren').quit()
            if b'user=wren' in log.read_bytes():
                break
        assert b'user=wren' in old.read_bytes()
    finally:
        office.close()


# ---- shutdown --------------------------------------------------------------

def test_sigterm_lets_a_session_finish(make_office):
    office = make_office(server={'drain_seconds': 20})
    office.put('wren', b'Subject: x\n\nbody\n')
    pop = office.pop3('wren')
    idle = office.connect('pop3')
    assert line(idle).startswith(b'+OK')
    office.signal(signal.SIGTERM)
    assert line(idle).startswith(b'-ERR [SYS/TEMP] ')
    pop.dele(1)
    pop.quit()
    assert office.wait_exit() == 0
    assert office.messages() == []


# ---- other ways to start ---------------------------------------------------

def run(office, *args, **kwargs):
    return subprocess.run(
        [str(RESTANTED), '--config', str(office.config), *args],
        capture_output=True, timeout=WAIT,
        env={**os.environ, **SANITIZERS}, **kwargs)


@pytest.fixture
def closed():
    """An office that is not started."""
    office = Office()
    yield office
    shutil.rmtree(office.dir)


def test_check_says_ok(closed):
    done = run(closed, '--check')
    assert (done.returncode, done.stderr) == (0, b'')
    assert done.stdout == f'{closed.config}: ok\n'.encode()


def test_check_names_file_and_line(closed):
    """S53"""
    cert, key = closed.certificates[0]
    key.write_text('no key\n')
    closed.users_file.unlink()
    shutil.rmtree(closed.mail_root)
    done = run(closed, '--check')
    said = done.stderr.decode()
    assert done.returncode == 1
    text = closed.config.read_text().split('\n')
    for key in ('certificate = ', 'users = ', 'root = '):
        number = next(i for i, t in enumerate(text) if t.startswith(key)) + 1
        assert f'{closed.config}:{number}: ' in said, said
    assert '3 mistakes' in said


def test_dump_is_a_configuration(closed):
    done = run(closed, '--dump')
    assert done.returncode == 0
    closed.config.write_bytes(done.stdout)
    again = run(closed, '--dump')
    assert again.stdout == done.stdout and b'hostname' in done.stdout


def test_stdio(closed):
    closed.put('wren', b'.Subject: x\n\n..body')
    talk = (b'CAPA\r\nSTAT\r\nLIST\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\n'
            b'USER wren\r\nQUIT\r\n')
    done = run(closed, '--stdio', 'wren', input=talk)
    assert done.returncode == 0, done.stderr
    assert b'\r\n1 23\r\n.\r\n' in done.stdout
    assert b'\r\n..Subject: x\r\n\r\n...body\r\n.\r\n' in done.stdout
    assert done.stdout.endswith(b'\r\n') and closed.messages() == []


def test_stdio_without_quit_removes_nothing(closed):
    closed.put('wren', b'Subject: x\n\nbody\n')
    done = run(closed, '--stdio', 'wren', input=b'DELE 1\r\n')
    assert done.returncode == 1
    assert len(closed.messages()) == 1


def test_stdio_knows_no_strangers(closed):
    done = run(closed, '--stdio', 'nobody', input=b'')
    assert done.returncode == 1 and b'nobody' in done.stderr
    assert done.stdout == b''


def test_stdio_respects_the_lock(office):
    with office.pop3('wren'):
        done = run(office, '--stdio', 'wren', input=b'QUIT\r\n')
        assert done.returncode == 1
        assert done.stdout.startswith(b'-ERR [IN-USE] ')


@pytest.mark.skipif(not AS_ROOT, reason='needs root: becomes the mail owner')
def test_stdio_gives_root_away(closed):
    closed.put('wren', b'Subject: x\n\nbody\n')
    assert run(closed, '--stdio', 'wren', input=b'QUIT\r\n').returncode == 0
    for path in (closed.mail_root / 'wren').rglob('*'):
        assert path.stat().st_uid == STORE_ID


@pytest.mark.parametrize('args', [['--nonsense'], ['extra'], ['--stdio']])
def test_usage(args):
    done = subprocess.run([str(RESTANTED), *args], capture_output=True,
                          timeout=WAIT, env={**os.environ, **SANITIZERS})
    assert done.returncode == 2 and b'restanted' in done.stderr


def test_help_and_version():
    for option in ('--help', '--version'):
        done = subprocess.run([str(RESTANTED), option], capture_output=True,
                              timeout=WAIT, env={**os.environ, **SANITIZERS})
        assert done.returncode == 0 and b'restanted' in done.stdout


# ---- SMTP: all recipients or none ------------------------------------------

def spoil(office, user):
    """Makes delivery to one user impossible."""
    box = office.maildir(user)
    shutil.rmtree(box / 'new')
    (box / 'new').write_text('not a directory')


def test_smtp_delivers_to_all_or_none(make_office):
    """D05: SMTP has one reply: a 4xx for one recipient would bring the others
    their message twice."""
    office = make_office(users={'wren': 'a', 'finch': 'b', 'robin': 'c'})
    spoil(office, 'finch')
    with pytest.raises(smtplib.SMTPDataError) as e:
        office.deliver(MESSAGE, 'wren@example.org', 'finch@example.org',
                       'robin@example.org', how='smtp')
    assert e.value.smtp_code // 100 == 4
    for user in ('wren', 'robin'):
        assert office.messages(user) == []
        until(lambda u=user: office.leftovers(u) == [])


def test_lmtp_delivers_to_each(make_office):
    """D05: L-4"""
    office = make_office(users={'wren': 'a', 'finch': 'b', 'robin': 'c'})
    spoil(office, 'finch')
    with office.lmtp() as lmtp:
        lmtp.ehlo('x')
        lmtp.mail('bob@example.net')
        for user in ('wren', 'finch', 'robin'):
            assert lmtp.rcpt(f'{user}@example.org')[0] == 250
        # smtplib reads one reply only
        codes = [lmtp.data(MESSAGE)[0], lmtp.getreply()[0],
                 lmtp.getreply()[0]]
    assert codes == [250, 451, 250]
    for user in ('wren', 'robin'):
        assert len(office.messages(user)) == 1


def test_a_mail_loop_ends():
    """RFC 9228: what was delivered to all recipients before is refused;
    what is new to one of them is not."""
    with Office(users={'wren': 'a', 'finch': 'b'}) as office:
        message = b'Delivered-To: Wren@example.org\r\n' + MESSAGE
        with pytest.raises(smtplib.SMTPDataError) as e:
            office.deliver(message, 'wren@example.org', how='smtp')
        assert (e.value.smtp_code, e.value.smtp_error[:5]) == (554, b'5.4.6')
        assert office.messages() == []
        until(lambda: office.leftovers() == [])
        office.deliver(message, 'wren@example.org', 'finch@example.org',
                       how='smtp')
        assert len(office.messages('finch')) == 1
