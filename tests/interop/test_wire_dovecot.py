# SPDX-License-Identifier: ISC
"""The POP3 transcripts against Dovecot: the player finds real differences.

Not Dovecot is on trial here but the transcripts.  Where it differs is known,
with the reason: where it breaks a rule, and where it differs from a choice
of ours.  A difference more means that a transcript demands something that no
RFC does, a difference less that a transcript has lost its teeth.
"""
import contextlib
import itertools
import os
import pathlib
import pwd
import select
import socket
import subprocess
import tempfile

import pytest

from office import Office, free_port, pki
from programs import tree
from wire_world import PLAY, USERS, WIRE, Case, World, checked

AS_ROOT = os.geteuid() == 0
MAIL_ID = 64003
TIMEOUT = '3'
HAVE = ('clear,tls,pop3s,lenient-crlf,no-last,no-apop,users,exact,two-users,'
        'capa,top,uidl,plain,pipelining,resp-codes,auth-resp-code,blanks')

# where it breaks a rule
WRONG = {
    'pop3/bare-cr-back.t': 'repeats a CR of the client in its answer',
    'pop3/bare-cr-in-command.t': 'the same',
    'pop3/capa.t': 'no USER and no SASL in CAPA after login',
    'pop3/colon.t': 'panics on a colon after login (2.3.19)',
    'pop3/dots-first.t': 'does not stuff a dot that is the first octet',
    'pop3/empty-file.t': 'announces 0 octets and sends an empty line',
    'pop3/nul-in-command.t': 'takes NUL in a command',
    'pop3/pass-after-other.t': 'keeps the name after other commands',
    'pop3/quit-cannot-remove.t': '+OK to QUIT, and nothing was removed',
}

# where it differs from our own choices: these cases say `choice:`
OTHER = {
    'pop3/auth-base64-canonical.t': 'takes base64 without its padding',
    'pop3/bad-octets.t': 'takes NUL in a command',
    'pop3/before-login-goes-on.t': 'closes after three bad commands',
    'pop3/broken-drop-code.t': 'SYS/TEMP where a file is the Maildir',
    'pop3/capa-ours.t': 'no IMPLEMENTATION',
    'pop3/dots-ours.t': 'does not count the line end that it adds',
    'pop3/empty-file-ours.t': 'sends an empty line for an empty message',
    'pop3/file-removed-code.t': 'no response code for a message that is gone',
    'pop3/header-ours.t': 'TOP 0 of a message without header is empty',
    'pop3/line-too-long-ours.t': 'closes',
    'pop3/no-code-in-user.t': 'knows no user with brackets in the name',
    'pop3/response-codes-only.t': '[AUTH] for an unknown mechanism',
    'pop3/stls-forgets.t': 'keeps the name over STLS',
    'pop3/unknown-command-goes-on.t': 'closes after three bad commands',
}

# not played: no use without our store process, or slow
NOT_HERE = {
    'pop3/store-down.t': 'takes the store process away',
    'pop3/in-use.t': 'waits ten seconds for a lock',
    'pop3/in-use-auth.t': 'waits ten seconds for a lock',
    'pop3/in-use-ours.t': 'waits ten seconds for a lock',
    'pop3/in-use-retry.t': 'waits ten seconds for a lock',
}

CONFIG = """
protocols = pop3
listen = 127.0.0.1
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
login_trusted_networks =
default_login_user = {nobody}
default_internal_user = {nobody}
default_internal_group = {nogroup}
auth_mechanisms = plain
auth_failure_delay = 0
auth_username_chars =
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_dh =
mail_location = maildir:{dir}/mail/%u
mail_uid = {uid}
mail_gid = {uid}
first_valid_uid = {uid}
pop3_lock_session = yes
passdb {{
  driver = passwd-file
  args = {dir}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={dir}/home/%u
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot:
    """One Dovecot in the foreground, in a directory of its own.  It lends
    itself to World as an Office does."""
    maildir = Office.maildir
    put = Office.put
    messages = Office.messages

    def __init__(self, directory, root, users):
        self.dir = pathlib.Path(directory)
        self.mail_root = self.dir / 'mail'
        self._names = itertools.count(1)
        self.ports = {'pop3': free_port(), 'pop3s': free_port()}
        self.dir.chmod(0o755)
        self.uid = MAIL_ID if AS_ROOT else os.geteuid()
        for name in ('mail', 'home', 'run', 'state'):
            (self.dir / name).mkdir(mode=0o755)
            self._own(self.dir / name, self.uid)
        self._own(self.dir / 'run', 0)
        (self.dir / 'users').write_text(''.join(
            f'{n}:{{PLAIN}}{p}\n' for n, p in users.items()))
        cert, key = pki().certificate('pop.example.net')
        me = pwd.getpwuid(os.geteuid()).pw_name
        config = self.dir / 'dovecot.conf'
        config.write_text(CONFIG.format(
            dir=self.dir, cert=cert, key=key, uid=self.uid,
            nobody='nobody' if AS_ROOT else me,
            nogroup='nogroup' if AS_ROOT else me, **self.ports))
        self.process = subprocess.Popen(
            [*self.command(root), '-F', '-c', str(config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def command(root):
        """Dovecot starts programs at fixed places below /usr.  As root the
        unpacked ones are laid over it, for this process tree alone; others
        can play against an installed Dovecot only."""
        if AS_ROOT:
            return ['unshare', '-m', 'sh', '-c',
                    f'mount -t overlay overlay -o lowerdir={root}/usr:/usr '
                    '/usr && exec /usr/sbin/dovecot "$@"', 'sh']
        if not pathlib.Path('/usr/sbin/dovecot').exists():
            pytest.skip('needs root, or: apt-get install dovecot-pop3d')
        return ['/usr/sbin/dovecot']

    def _own(self, path, owner):
        if AS_ROOT:
            os.chown(path, owner, owner)

    def close(self):
        self.process.terminate()
        self.process.wait(20)

    def wait_ready(self):
        """The greeting; Dovecot has no other way to say that it is there."""
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(
                    ('127.0.0.1', self.ports['pop3']), 5) as s:
                s.settimeout(5)
                if s.recv(3) == b'+OK':
                    return self
            if self.process.poll() is not None:
                break
            select.select([], [], [], 0.05)
        raise AssertionError(f'Dovecot does not answer:\n{self.said()}')

    def said(self):
        log = self.dir / 'log'
        return log.read_text() if log.exists() else self.process.stdout.read()


@pytest.fixture(scope='module')
def dovecot(tmp_path_factory):
    root = tree('dovecot-core', 'dovecot-pop3d')
    users = dict(USERS)
    for case in CASES:
        if 'users' in case['uses']:
            users.update(Case(case['path']).users)
    # not below a directory that only root may enter
    with tempfile.TemporaryDirectory(prefix='restante-dovecot-') as tmp:
        server = Dovecot(tmp, root, users)
        try:
            server.wait_ready()
            world = World(server, finish_lines=True)
            yield server, world
            world.close()
        finally:
            server.close()


CASES = [c for c in checked([WIRE / 'pop3'])] if PLAY.exists() else []


def name(case):
    return '/'.join(case['path'].rsplit('/', 2)[-2:])


def test_differences(dovecot):
    server, world = dovecot
    cases = [c['path'] for c in CASES if name(c) not in NOT_HERE]
    done = subprocess.run(
        [str(PLAY), '--connect', f'127.0.0.1:{server.ports["pop3"]}',
         '--tls-port', str(server.ports['pop3s']), '--have', HAVE,
         '--action', str(world.path), '--mode', 'whole',
         '--timeout', TIMEOUT, *cases],
        capture_output=True, text=True, errors='replace', timeout=300)
    print(done.stdout)
    failed = {'/'.join(line.split()[-1].rsplit('/', 2)[-2:])
              for line in done.stdout.splitlines()
              if line.startswith('not ok')}
    passed = [line for line in done.stdout.splitlines()
              if line.startswith('ok') and 'SKIP' not in line]
    assert len(passed) > 150, 'Dovecot passes nearly all of them'
    assert failed == {*WRONG, *OTHER}


def test_choices():
    """A case that says `choice:` is no rule, each other one is."""
    choices = {name(c) for c in CASES if c['choice']}
    assert not choices & set(WRONG)
    assert set(OTHER) <= choices
