# SPDX-License-Identifier: ISC
"""restante setup, from an address to mail in a Maildir.

restanted is the POP server, fakenet.py the name server and the web server of
example.org, hosts.c knows where pop.example.org is.
"""
import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest

import certs
from desk import BUILD, HAVE_CLIENT, REPORTS, SANITIZERS, WAIT
from fakenet import FakeNet, autoconfig
from office import RESTANTED, Office, pki

HOSTS = BUILD / 'tests' / 'client' / 'hosts.so'
DISCOVER = BUILD / 'src' / 'client' / 'restante-discover'
OWN = 'autoconfig.example.org/mail/config-v1.1.xml'
NAMES = ('pop.example.org', 'pop.provider.example')
OTHER = 'mail.example.org'     # is not in the certificate
ADDRESS = 'wren@example.org'
LETTER = b'From: bob@example.net\r\nSubject: hello\r\n\r\nHello.\r\n'

pytestmark = pytest.mark.skipif(
    not (HAVE_CLIENT and HOSTS.exists() and DISCOVER.exists()
         and RESTANTED.exists()), reason='not built')


@pytest.fixture(scope='module')
def office():
    with Office(tls=[NAMES], auth={'failure_delay': '1ms',
                                   'failure_delay_max': '1ms'}) as o:
        o.deliver(LETTER)
        yield o


@pytest.fixture
def net():
    with FakeNet() as n:
        yield n


class World:
    """A person at a desk, in a network of our own."""

    def __init__(self, desk, net, office):
        self.desk, self.net, self.office = desk, net, office
        self.config = desk.dir / '.config' / 'restante' / 'restante.conf'
        self.ca = str(pki().ca)
        self.mark = office.mark()

    def environment(self):
        asan = SANITIZERS['ASAN_OPTIONS'] + ':verify_asan_link_order=0'
        return self.desk.environment(**{
            **SANITIZERS, 'ASAN_OPTIONS': asan, 'LD_PRELOAD': str(HOSTS),
            'PATH': f'{self.desk.dir}/tools:{os.environ["PATH"]}',
            'RESTANTE_TEST_HOSTS': ' '.join((*NAMES, OTHER)),
            **self.net.environment()})

    def command(self, *args, ca=True):
        return [self.desk.binary, *args,
                *(['--ca-file', self.ca] if ca else [])]

    def run(self, *args, input_=b''):
        """restante with these words; (status, output, errors)"""
        done = subprocess.run(args, input=input_, capture_output=True,
                              timeout=WAIT, env=self.environment(),
                              cwd=self.desk.dir)
        out, err = done.stdout.decode(), done.stderr.decode()
        for report in REPORTS:
            assert report not in err, err
        print(out, err)
        return done.returncode, out, err

    def setup(self, *args, input_=b'secret\n', status=0, ca=True,
              address=ADDRESS):
        got, out, err = self.run(*self.command(
            'setup', '--yes', address, *args, ca=ca), input_=input_)
        assert got == status, out + err
        assert 'secret' not in out + err
        return out + err

    def restante(self, *args):
        got, out, err = self.run(self.desk.binary, *args)
        assert got == 0, out + err
        return out

    def by_srv(self, host=NAMES[0]):
        self.net.srv('_pop3s._tcp.example.org', 10, 0,
                     self.office.ports['pop3s'], host)

    def logins(self):
        return [line for line in self.office.log.lines[self.mark:]
                if 'wren' in line]

    def files(self):
        folder = self.config.parent
        return sorted(p.name for p in folder.iterdir()) \
            if folder.is_dir() else []


@pytest.fixture
def world(desk, net, office):
    return World(desk, net, office)


# ---- without a person ------------------------------------------------------

def test_to_mail(world):
    """From an address to mail, by what the domain says of itself."""
    world.by_srv()
    said = world.setup()
    assert 'restante fetch example' in said
    assert world.files() == ['example.password', 'restante.conf']
    for name in world.files():
        assert (world.config.parent / name).stat().st_mode & 0o777 == 0o600
    text = world.config.read_text()
    assert text == (
        f'# {ADDRESS}\n[account example]\nserver = pop.example.org\n'
        f'port = {world.office.ports["pop3s"]}\ntls = implicit\n'
        'mail_domain = example.org\n'
        f'ca_file = {world.ca}\nuser = wren\n'
        f'password_file = {world.config.parent}/example.password\n'
        'destination = maildir:~/Mail\nkeep = yes\n')
    assert 'secret' not in world.restante('config')
    world.restante('fetch', 'example')
    mail = list((world.desk.dir / 'Mail' / 'new').iterdir())
    assert len(mail) == 1
    assert mail[0].read_bytes().endswith(b'\nHello.\n')


def test_without_credentials_first(world):
    """The address is a wrong name here; the local part is tried next, on
    connections of their own, and nothing before the server was seen."""
    world.by_srv()
    said = world.setup()
    first = said.index('Trying pop.example.org')
    assert first < said.index(f'Logging in as {ADDRESS}... no') < \
        said.index('Logging in as wren... good')


def test_autoconfig(world):
    """STLS, another place for mail, and --json."""
    world.net.page(OWN, autoconfig(
        (NAMES[0], world.office.ports['pop3'], 'STARTTLS',
         '%EMAILLOCALPART%')))
    got, out, err = world.run(*world.command(
        '--json', 'setup', '--yes', ADDRESS, '--destination', 'mbox:~/böx',
        '--keep', '14d', '--account', 'work'), input_=b'secret\n')
    assert got == 0 and out.isascii(), err
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(r['event'], r['account'], r['tls'], r['user']) for r in rows] \
        == [('setup', 'work', 'start', 'wren')]
    text = world.config.read_text()
    assert '[account work]' in text and 'keep = 14d' in text
    assert 'mail_domain' not in text
    world.restante('fetch')
    assert (world.desk.dir / 'böx').read_bytes().startswith(b'From ')


def test_plain_becomes_stls(world):
    """What a document says is in clear is not used so."""
    world.net.page(OWN, autoconfig(
        (NAMES[0], world.office.ports['pop3'], 'plain', '')))
    world.setup()
    assert 'tls = start' in world.config.read_text()


def test_second_account(world):
    """What stands in the file stays."""
    world.by_srv()
    world.config.parent.mkdir(parents=True)
    old = '# mine\n[account example]\nserver = x.y\nuser = u\n' \
        'destination = discard   \n'
    world.config.write_text(old)
    world.config.chmod(0o600)
    world.setup()
    text = world.config.read_text()
    assert text.startswith(old + '\n# ')
    assert f'[account {ADDRESS}]' in text
    world.setup()
    assert f'[account {ADDRESS}-2]' in world.config.read_text()
    world.restante('config')
    before = world.config.read_text()
    said = world.setup('--account', 'example', status=64)
    assert 'already' in said and world.config.read_text() == before


def test_broken_file(world):
    """Nothing is added to a file that is not right; nothing is asked."""
    world.by_srv()
    world.config.parent.mkdir(parents=True)
    world.config.write_text('[account x]\nnonsense\n')
    assert 'mend them first' in world.setup(status=78)
    assert world.net.asked == []
    world.setup('--output', str(world.desk.dir / 'other.conf'))
    said = world.restante('--config', str(world.desk.dir / 'other.conf'),
                          'config')
    assert '[account example]' in said


def test_other_domain_is_not_used_unasked(world):
    """C-30: also when the domain's name server says so."""
    world.by_srv('pop.provider.example')
    said = world.setup(status=69)
    assert '--server pop.provider.example:' in said
    assert world.files() == [] and world.logins() == []


def test_server_is_given(world):
    world.setup('--server', f'pop.provider.example:'
                f'{world.office.ports["pop3"]}', '--tls', 'start', '--user',
                'wren', '--password-command', "printf 'secret\\n'",
                input_=b'')
    text = world.config.read_text()
    assert 'password_command = printf' in text
    assert world.net.asked == world.net.got == []
    assert world.files() == ['restante.conf']
    world.restante('fetch')


def test_unknown_authority(world):
    """C-18: no password before the certificate is good."""
    said = world.setup('--server', f'{NAMES[0]}:{world.office.ports["pop3s"]}',
                       ca=False, status=76)
    assert 'certificate' in said
    assert world.files() == [] and world.logins() == []


def test_certificate_of_another_name(world):
    said = world.setup('--server', f'{OTHER}:{world.office.ports["pop3s"]}',
                       status=76)
    assert 'certificate' in said
    assert world.files() == [] and world.logins() == []


def test_plain_port_and_no_tls(world):
    """The wrong port is explained; --tls none is not for setup."""
    said = world.setup('--server', f'{NAMES[0]}:{world.office.ports["pop3"]}',
                       status=78)
    assert '995' in said
    said = world.setup('--server', NAMES[0], '--tls', 'none', status=64)
    assert 'clear_login' in said
    assert world.files() == []


def test_wrong_password(world):
    world.by_srv()
    said = world.setup(input_=b'wrong\n', status=77)
    assert 'password' in said
    assert world.files() == []


@pytest.mark.parametrize('line', [b'', b'\n', b'a\rb\n', b'a\0b\n',
                                  b'x' * 5000 + b'\n'])
def test_no_password(world, line):
    """C-32: what would be another command is no password."""
    world.by_srv()
    assert 'no password' in world.setup(input_=line, status=77)
    assert world.files() == []
    assert world.logins() == []


def test_dry_run(world):
    world.by_srv()
    said = world.setup('--dry-run')
    assert '[account example]' in said and 'Nothing was written' in said
    assert world.files() == []


def test_nothing_found(world):
    said = world.setup(status=69)
    assert '--server HOST' in said
    world.net.srv('_pop3s._tcp.example.org', 0, 0, 0, '')
    world.net.srv('_pop3._tcp.example.org', 0, 0, 0, '')
    assert 'no POP3 server' in world.setup(status=69)


@pytest.mark.parametrize('address', ['wren', '@example.org', 'wren@',
                                     'wren@localhost', 'a b@example.org',
                                     'wren@example.org\n', ''])
def test_no_address(world, address):
    world.setup(address=address, status=64)
    assert world.net.asked == []


def test_nobody_to_ask(world):
    got, out, err = world.run(*world.command('setup', ADDRESS))
    assert got == 64 and '--yes' in err
    assert world.net.asked == []


def test_bad_destination(world):
    world.by_srv()
    said = world.setup('--destination', 'nowhere', status=64)
    assert 'maildir' in said
    assert world.files() == []


def given(world, server, *args, **more):
    world.ca = str(certs.authority()[0])
    return world.setup('--server', f'127.0.0.1:{server.port}', *args, **more)


def test_tokens_alone(world, make_server):
    """A server that takes no passwords: none is asked for, none is sent."""
    server = make_server(tls='implicit', cert=certs.certificate(),
                         mechs=('XOAUTH2',), user=False)
    said = given(world, server, input_=b'')
    assert 'token_command' in said
    text = world.config.read_text()
    assert '\n# token_command = ' in text and 'password_' not in text
    assert world.files() == ['restante.conf']
    world.restante('config')


def test_stls_is_not_offered(world, make_server):
    """C-17: nothing is said in clear."""
    server = make_server()
    said = given(world, server, '--tls', 'start', status=76)
    assert 'STLS' in said and world.files() == []
    server.settle()
    assert not [line for s in server.sessions for who, line in s.dialogue
                if who == b'C' and not line.startswith((b'CAPA', b'QUIT'))]


# ---- with a person ---------------------------------------------------------

class Terminal:
    """A program at a terminal, and who types there."""

    def __init__(self, command, env, cwd):
        self.seen = b''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                os.execve(command[0], command, env)
            finally:
                os._exit(127)

    def _read(self, end):
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            raise AssertionError('nothing more came: ' + repr(self.seen))
        try:
            octets = os.read(self.fd, 4096)
        except OSError:     # EIO: it has ended
            octets = b''
        self.seen += octets
        return octets

    def expect(self, text, answer=None):
        end = time.monotonic() + WAIT
        while text.encode() not in self.seen:
            assert self._read(end), f'no {text!r} in {self.seen.decode()}'
        self.seen = self.seen.split(text.encode(), 1)[1]
        if answer is not None:
            os.write(self.fd, answer.encode() + b'\n')
        return self

    def finish(self):
        end = time.monotonic() + WAIT
        while self._read(end):
            pass
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        return os.waitstatus_to_exitcode(status), self.seen.decode()

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self.fd)


@pytest.fixture
def terminal(world):
    made = []

    def start(*args):
        t = Terminal(world.command('setup', ADDRESS, *args),
                     world.environment(), world.desk.dir)
        made.append(t)
        return t

    yield start
    for t in made:
        t.close()


def test_dialogue(world, terminal):
    world.by_srv()
    t = terminal()
    t.expect('assword', 'secret')
    t.expect('Logged in as wren')
    t.expect('Where shall mail go?', 'here')    # is no destination
    t.expect('on the server, too?', '')
    t.expect('Where shall mail go?', 'maildir:~/inbox')
    t.expect('on the server, too?', 'no')
    t.expect('Where shall the password be kept?', 'file')
    status, said = t.finish()
    assert status == 0 and 'restante fetch example' in said
    text = world.config.read_text()
    assert 'destination = maildir:~/inbox\nkeep = no\n' in text
    world.restante('config')


def test_dialogue_other_domain(world, terminal):
    """C-30: the person decides, before anything is sent there."""
    world.by_srv('pop.provider.example')
    t = terminal()
    t.expect('May it get the password?', '')    # no
    status, said = t.finish()
    assert status == 69 and world.files() == [] and world.logins() == []
    t = terminal()
    t.expect('May it get the password?', 'perhaps')
    t.expect('yes or no', None)
    t.expect('May it get the password?', 'yes')
    t.expect('assword', 'secret')
    t.expect('Where shall mail go?', '')
    t.expect('on the server, too?', '')
    t.expect('Where shall the password be kept?', 'nowhere')
    assert t.finish()[0] == 0
    assert world.files() == ['restante.conf']
    assert 'server = pop.provider.example' in world.config.read_text()


def test_dialogue_wrong_password(world, terminal):
    world.by_srv()
    t = terminal()
    t.expect('assword', 'wrong')
    t.expect('User name?', 'wren')
    t.expect('assword', 'secret')
    t.expect('Where shall mail go?', '')
    t.expect('on the server, too?', '')
    t.expect('Where shall the password be kept?', '')
    assert t.finish()[0] == 0
    assert 'user = wren\n' in world.config.read_text()


SECRET_TOOL = """#!/bin/sh
cd "${0%/*}" || exit 1
case $1 in
store) echo "$*" >>calls; cat >kept ;;
lookup) [ "$2 $3 $4 $5 $6 $7" = "$(cat wanted)" ] && cat kept ;;
esac
"""


@pytest.mark.parametrize('wanted, place', [
    ('service pop3 server pop.example.org user wren', 'keyring = yes'),
    ('another thing', 'password_file = '),
], ids=['works', 'gives-nothing-back'])
def test_keyring(world, terminal, wanted, place):
    """By a pipe, never as an argument; and only when it comes back."""
    tools = world.desk.dir / 'tools'
    tools.mkdir()
    (tools / 'wanted').write_text(wanted + '\n')
    (tools / 'secret-tool').write_text(SECRET_TOOL)
    (tools / 'secret-tool').chmod(0o755)
    world.by_srv()
    t = terminal()
    t.expect('assword', 'secret')
    t.expect('Where shall mail go?', '')
    t.expect('on the server, too?', '')
    t.expect('Where shall the password be kept?', 'keyring')
    if 'file' in place:
        t.expect('does not give it back')
        t.expect('Where shall the password be kept?', 'file')
    assert t.finish()[0] == 0
    assert place in world.config.read_text()
    assert (tools / 'kept').read_text() == 'secret'
    assert 'secret' not in (tools / 'calls').read_text()
    world.restante('fetch')


def test_typed_password_is_not_shown(world, terminal):
    world.by_srv()
    t = terminal()
    t.expect('assword', 'secret')
    t.expect('Where shall mail go?', None)
    assert b'secret' not in t.seen
